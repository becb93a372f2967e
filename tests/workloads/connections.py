"""Opens many connections to a server at once, and tells what became of them.

Called as: connections.py HOST PORT COUNT. Prints one JSON object once all are open: how many were
refused in words, how many closed without a word, and how many are held. Ends with its input.
"""

import json
import resource
import selectors
import socket
import sys
import time

# The server closes connections that say nothing after ten seconds; what is counted is before that.
LOOK_SECONDS = 2


def main():
    host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    files = count + 64
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    selector = selectors.DefaultSelector()
    told = {"refused": 0, "closed": 0, "text": ""}
    connections = []

    def look(seconds):
        for key, _ in selector.select(seconds):
            try:
                said = key.fileobj.recv(4096)
            except ConnectionError:
                said = b""
            told["refused" if said else "closed"] += 1
            told["text"] = said.decode() or told["text"]
            selector.unregister(key.fileobj)
            key.fileobj.close()

    for _ in range(count):
        connection = socket.create_connection((host, port), timeout=20)
        connections.append(connection)
        selector.register(connection, selectors.EVENT_READ)
        look(0)
    end = time.monotonic() + LOOK_SECONDS
    while time.monotonic() < end:
        look(0.1)
    told["held"] = len(selector.get_map())
    print(json.dumps(told), flush=True)
    sys.stdin.read()


main()
