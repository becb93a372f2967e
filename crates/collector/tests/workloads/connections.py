"""Connections that are used in every way but the plain one. Each prints nothing and fails loudly."""

import os
import socket
import sys
import threading
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


def request(path):
    return f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode()


def read_until(sock, end):
    data = b""
    while not data.endswith(end):
        piece = sock.recv(4096)
        assert piece, "ended early"
        data += piece
    return data


def answer_all(sock):
    """Answers request after request until the client has finished."""
    data = b""
    while piece := sock.recv(4096):
        data += piece
        while b"\r\n\r\n" in data:
            _, data = data.split(b"\r\n\r\n", 1)
            sock.sendall(ANSWER)


def tcp_pair(family=socket.AF_INET, host="127.0.0.1", dual=False):
    listener = socket.create_server((host, 0), family=family, dualstack_ipv6=dual)
    port = listener.getsockname()[1]
    client = socket.create_connection(("127.0.0.1" if dual else host, port))
    server, _ = listener.accept()
    listener.close()
    return client, server


def exchange(client, server, path):
    worker = threading.Thread(target=answer_all, args=(server,))
    worker.start()
    client.sendall(request(path))
    read_until(client, b"ok")
    client.shutdown(socket.SHUT_WR)
    worker.join()
    client.close()
    server.close()


def ipv6():
    exchange(*tcp_pair(socket.AF_INET6, "::1"), "/ipv6")


def mapped():
    exchange(*tcp_pair(socket.AF_INET6, "::", dual=True), "/mapped")


def unix_pair():
    path = f"/tmp/px-test-{os.getpid()}.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    server, _ = listener.accept()
    listener.close()
    os.unlink(path)
    return client, server


def unix():
    exchange(*unix_pair(), "/unix")


def unix_forked():
    """The parent closes its descriptor; the child answers after a pause."""
    client, server = unix_pair()
    child = os.fork()
    if child == 0:
        client.close()
        answer_all(server)
        os._exit(0)
    server.close()
    time.sleep(1.2)
    client.sendall(request("/unix_forked"))
    read_until(client, b"ok")
    client.close()
    os.waitpid(child, 0)


def handover():
    """Accepted in this thread, used in another: exchange() does just that."""
    exchange(*tcp_pair(), "/handover")


def duplicated():
    client, server = tcp_pair()
    copy = socket.socket(fileno=os.dup(server.fileno()))
    server.close()
    exchange(client, copy, "/duplicated")


def reused():
    """The descriptors of the first connection are those of the second."""
    for number in range(5):
        exchange(*tcp_pair(), f"/reused/{number}")


def inherited():
    client, server = tcp_pair()
    child = os.fork()
    if child == 0:
        client.close()
        answer_all(server)
        os._exit(0)
    server.close()
    client.sendall(request("/inherited"))
    read_until(client, b"ok")
    client.close()
    os.waitpid(child, 0)


def executed():
    """The child runs another program on the inherited connection."""
    client, server = tcp_pair()
    script = "import os,sys; os.read(0, 4096); os.write(1, %r)" % ANSWER
    child = os.fork()
    if child == 0:
        os.dup2(server.fileno(), 0)
        os.dup2(server.fileno(), 1)
        os.execv(sys.executable, [sys.executable, "-c", script])
    server.close()
    client.sendall(request("/executed"))
    read_until(client, b"ok")
    client.close()
    os.waitpid(child, 0)


def half_closed():
    """The client ends its direction before the answer, which ends with the connection."""
    client, server = tcp_pair()
    client.sendall(b"GET /half_closed HTTP/1.0\r\n\r\n")
    client.shutdown(socket.SHUT_WR)
    while server.recv(4096):
        pass
    server.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end")
    server.close()
    read_until(client, b"end")
    assert client.recv(1) == b""
    client.close()


def silent():
    """Opened and closed without a byte."""
    client, server = tcp_pair()
    client.close()
    assert server.recv(1) == b""
    server.close()


def foreign():
    """Random bytes, for ever: given up, and only counted."""
    client, server = tcp_pair()

    def swallow():
        while server.recv(1 << 16):
            pass

    worker = threading.Thread(target=swallow)
    worker.start()
    noise = bytes((number * 31 + 7) % 251 for number in range(1 << 16))
    for _ in range(100):
        client.sendall(noise)
    client.close()
    worker.join()
    server.close()


def large():
    """A body far larger than what is copied of a call."""
    client, server = tcp_pair()
    body = b"x" * 3_000_000

    def respond():
        read_until(server, b"\r\n\r\n")
        server.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
                       % len(body) + body)
        read_until(server, b"\r\n\r\n")
        server.sendall(ANSWER)

    worker = threading.Thread(target=respond)
    worker.start()
    client.sendall(request("/large"))
    left = len(body)
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(1 << 20)
    left -= len(data.split(b"\r\n\r\n", 1)[1])
    while left:
        left -= len(client.recv(1 << 20))
    client.sendall(request("/after-large"))
    read_until(client, b"ok")
    worker.join()
    client.close()
    server.close()


def spliced():
    """The client's body goes from its socket into a pipe and never into its memory."""
    client, server = tcp_pair()
    body = b"x" * 100_000

    def respond():
        read_until(server, b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
        server.sendall(head % len(body) + body)
        read_until(server, b"\r\n\r\n")
        server.sendall(ANSWER)

    worker = threading.Thread(target=respond)
    worker.start()
    client.sendall(request("/spliced"))
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(64)
    left = len(body) - len(data.split(b"\r\n\r\n", 1)[1])
    read_end, write_end = os.pipe()
    while left:
        moved = os.splice(client.fileno(), write_end, min(left, 16384))
        left -= moved
        while moved:
            moved -= len(os.read(read_end, moved))
    client.sendall(request("/after-splice"))
    read_until(client, b"ok")
    worker.join()
    client.close()
    server.close()


def unfinished():
    """A request whose head does not end, until the collector has had the time to judge."""
    client, server = tcp_pair()
    client.sendall(b"GET /unfinished HTTP/1.1\r\nHost: test\r\n")
    for number in range(60):
        client.sendall(b"X-Header-%d: " % number + b"v" * 200 + b"\r\n")
        server.recv(4096)
    time.sleep(2.5)
    client.close()
    server.close()


def pause():
    time.sleep(6)


def datagrams():
    """A server that is not connected answers a client that is, over IPv4 and then over IPv6."""
    for family, host, count in ((socket.AF_INET, "127.0.0.1", 3), (socket.AF_INET6, "::1", 2)):
        server = socket.socket(family, socket.SOCK_DGRAM)
        server.bind((host, 0))
        client = socket.socket(family, socket.SOCK_DGRAM)
        client.connect(server.getsockname())
        for _ in range(count):
            client.send(b"q" * 100)
            question, sender = server.recvfrom(1000)
            assert len(question) == 100
            server.sendto(b"a" * 100, sender)
            assert len(client.recv(1000)) == 100
        client.close()
        server.close()


for name in sys.argv[1:]:
    globals()[name]()
