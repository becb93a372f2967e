#!/usr/bin/python3 -Bu
"""The customers of the demonstration: about 50 requests a second, until SIGTERM.

Each answered request becomes a JSON line in the file named by the first argument, so that what
was traced can be checked against what was sent.
"""

import http.client
import json
import random
import signal
import sys
import threading
import time

PORT = 8080
REQUESTS_PER_S = 50
CUSTOMERS = 10

stopped = threading.Event()
log_lock = threading.Lock()


def choose(session):
    """Returns method, path and body of a customer's next request."""
    choice = random.random()
    if choice < 0.15:
        return "GET", "/", None
    if choice < 0.35:
        return "GET", "/products", None
    if choice < 0.65:
        return "GET", f"/products/{random.randint(1, 12)}", None
    if choice < 0.68:
        return "GET", "/products/99", None
    if choice < 0.85:
        return "POST", "/cart", {"session": session, "product": random.randint(1, 12)}
    if choice < 0.87:
        return "POST", "/checkout", {"no": "session"}
    return "POST", "/checkout", {"session": session}


def customer(number, log):
    """Sends a request in each of its turns, on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
    period = CUSTOMERS / REQUESTS_PER_S
    turn = time.monotonic() + period * number / CUSTOMERS
    while not stopped.wait(max(0.0, turn - time.monotonic())):
        turn += period
        method, path, body = choose(f"customer-{number}")
        text = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        started = time.time()
        connection.request(method, path, body=text, headers=headers)
        answer = connection.getresponse()
        answer.read()
        entry = {
            "time": started,
            "method": method,
            "path": path,
            "status": answer.status,
            "latency_ms": round((time.time() - started) * 1000, 3),
        }
        with log_lock:
            log.write(json.dumps(entry) + "\n")
    connection.close()


def main():
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    with open(sys.argv[1], "w", encoding="utf-8") as log:
        threads = [
            threading.Thread(target=customer, args=(number, log)) for number in range(CUSTOMERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
