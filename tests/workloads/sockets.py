"""Answers on plain sockets, whatever it is sent: `sockets.py PORT`.

A request that ends with an empty line is answered with 200; one for `/garbage` with bytes that
are no HTTP, one for `/wrong-length` with a length that is not true. Everything else is read until
its end. A thread serves each connection.
"""

import random
import socket
import sys
import threading


def answer(head):
    path = head.split(b" ")[1] if head.count(b" ") > 1 else b"-"
    if path == b"/garbage":
        return random.Random(1).randbytes(5000), False
    if path == b"/wrong-length":
        return b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nshort", False
    if path == b"/bad-status":
        return b"HTTP/1.1 two-hundred OK\r\nContent-Length: 2\r\n\r\nok", False
    body = b"answer to " + path
    length = str(len(body)).encode()
    fields = b"Content-Type: text/plain\r\nContent-Length: " + length
    return b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n\r\n" + body, True


def serve(connection):
    pending = b""
    with connection:
        while True:
            try:
                data = connection.recv(65536)
            except ConnectionError:
                return
            if not data:
                return
            pending = (pending + data)[-65536:]
            if pending.startswith(b"GET ") and pending.endswith(b"\r\n\r\n"):
                reply, go_on = answer(pending)
                pending = b""
                try:
                    connection.sendall(reply)
                except ConnectionError:
                    return
                if not go_on:
                    return


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
