#!/usr/bin/python3 -Bu
"""The shop service of the demonstration: products in PostgreSQL, carts in Redis.

It knows nothing of being traced. Checkouts are sometimes slow and sometimes fail, so that there
is something to find.
"""

import json
import random
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
import redis

PORT = 8000
DATABASE = "host=127.0.0.1 port=5432 user=shop dbname=postgres"
START_WITHIN_S = 60

SLOW_CHECKOUTS = 0.12
FAILED_CHECKOUTS = 0.08

PRODUCTS = [
    "apple", "bread", "candle", "drum", "envelope", "flute",
    "globe", "hammer", "ink", "jar", "kettle", "lamp",
]

cache = redis.Redis(host="127.0.0.1", port=6379)
local = threading.local()


def database():
    """Returns the database connection of this thread."""
    if not hasattr(local, "connection"):
        local.connection = psycopg2.connect(DATABASE)
        local.connection.autocommit = True
    return local.connection


def rows(query, arguments=()):
    with database().cursor() as cursor:
        cursor.execute(query, arguments)
        return cursor.fetchall() if cursor.description else []


class Shop(BaseHTTPRequestHandler):
    """Answers one request after the other on a kept connection."""

    protocol_version = "HTTP/1.1"
    # Head and body leave in one piece.
    wbufsize = -1

    def do_GET(self):
        if self.path == "/":
            self.answer(200, "<html><h1>Shop</h1></html>", "text/html")
        elif self.path == "/health":
            self.answer(200, {"status": "ok"})
        elif self.path == "/products":
            self.products()
        elif self.path.startswith("/products/"):
            self.product(self.path.removeprefix("/products/"))
        else:
            self.answer(404, {"error": "no such page"})

    def do_POST(self):
        try:
            order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            session = str(order["session"])
        except (KeyError, TypeError, ValueError):
            self.answer(400, {"error": "expected a JSON object with a session"})
            return
        if self.path == "/cart":
            self.cart(session, order)
        elif self.path == "/checkout":
            self.checkout(session)
        else:
            self.answer(404, {"error": "no such page"})

    def products(self):
        found = rows("select id, name, cents from products order by id")
        self.answer(200, [{"id": id, "name": name, "cents": cents} for id, name, cents in found])

    def product(self, id):
        key = f"product:{id}"
        kept = cache.get(key)
        if kept is not None:
            self.answer(200, kept.decode())
            return
        found = rows("select id, name, cents from products where id::text = %s", (id,))
        if not found:
            self.answer(404, {"error": "no such product"})
            return
        id, name, cents = found[0]
        text = json.dumps({"id": id, "name": name, "cents": cents})
        cache.set(key, text, ex=2)
        self.answer(200, text)

    def cart(self, session, order):
        key = f"cart:{session}"
        cache.hincrby(key, str(order.get("product", 1)), int(order.get("quantity", 1)))
        content = {id.decode(): int(count) for id, count in cache.hgetall(key).items()}
        self.answer(200, {"session": session, "cart": content})

    def checkout(self, session):
        if random.random() < FAILED_CHECKOUTS:
            self.answer(500, {"error": "payment provider did not answer"})
            return
        if random.random() < SLOW_CHECKOUTS:
            time.sleep(random.uniform(0.2, 0.4))
        items = cache.hlen(f"cart:{session}")
        cache.delete(f"cart:{session}")
        order = rows(
            "insert into orders (session, items) values (%s, %s) returning id", (session, items)
        )[0][0]
        self.answer(201, {"order": order, "items": items})

    def answer(self, status, content, kind="application/json"):
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Requests are what the agent shows; a log would say it twice."""


def wait_for(work):
    """Repeats something until it works: the servers start at the same time."""
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        try:
            return work()
        except (psycopg2.OperationalError, redis.exceptions.ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    wait_for(database)
    wait_for(cache.ping)
    rows("create table products (id serial primary key, name text, cents int)")
    rows("create table orders (id serial primary key, session text, items int)")
    for name in PRODUCTS:
        rows("insert into products (name, cents) values (%s, %s)", (name, 100 + 37 * len(name)))
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Shop)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
