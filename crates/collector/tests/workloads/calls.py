"""Exchanges HTTP messages through every call that moves bytes, one call after the other."""

import ctypes
import os
import socket
import threading

libc = ctypes.CDLL(None, use_errno=True)


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32),
        ("iov", ctypes.POINTER(Iovec)), ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    ]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("hdr", Msghdr), ("len", ctypes.c_uint)]


def messages(buffers):
    """One message with one vector for each buffer."""
    iovs = [Iovec(ctypes.addressof(b), len(b)) for b in buffers]
    array = (Mmsghdr * len(buffers))()
    for entry, iov in zip(array, iovs):
        entry.hdr.iov, entry.hdr.iovlen = ctypes.pointer(iov), 1
    return array, iovs


def parts(data, count):
    step = max(1, len(data) // count)
    return [data[at:at + step] for at in range(0, len(data), step)]


def write(sock, data):
    assert os.write(sock.fileno(), data) == len(data)


def sendto(sock, data):
    assert sock.send(data) == len(data)


def writev(sock, data):
    assert os.writev(sock.fileno(), parts(data, 7)) == len(data)


def writev_many(sock, data):
    """More vectors than a short walk takes: two bytes each."""
    pieces = [data[at:at + 2] for at in range(0, len(data), 2)]
    assert os.writev(sock.fileno(), pieces) == len(data)


def sendmsg(sock, data):
    assert sock.sendmsg(parts(data, 3)) == len(data)


def sendmmsg(sock, data):
    buffers = [ctypes.create_string_buffer(part, len(part)) for part in parts(data, 20)]
    array, keep = messages(buffers)
    assert libc.sendmmsg(sock.fileno(), array, len(array), 0) == len(array)


def splice(sock, data):
    """Through a pipe: the bytes never lie in this process' memory on their way out."""
    head, body = data.split(b"\r\n\r\n")
    sock.send(head + b"\r\n\r\n")
    if not body:
        return
    read_end, write_end = os.pipe()
    os.write(write_end, body)
    assert libc.splice(read_end, None, sock.fileno(), None, len(body), 0) == len(body)
    os.close(read_end)
    os.close(write_end)


def sendfile(sock, data):
    head, body = data.split(b"\r\n\r\n")
    sock.send(head + b"\r\n\r\n")
    if not body:
        return
    with open("/proc/self/exe", "rb") as file:
        assert os.sendfile(sock.fileno(), file.fileno(), 0, len(body)) == len(body)


def read(sock):
    return os.read(sock.fileno(), 4096)


def recvfrom(sock):
    return sock.recv(4096)


def peek_first(sock):
    """What is looked at and left there counts once."""
    sock.recv(10, socket.MSG_PEEK)
    return sock.recv(4096)


started = set()


def byte_first(sock):
    """A background reader takes one byte, then the rest follows."""
    if sock in started:
        return sock.recv(4096)
    started.add(sock)
    return sock.recv(1)


def readv(sock):
    buffers = [bytearray(10), bytearray(4096)]
    count = os.readv(sock.fileno(), buffers)
    return b"".join(buffers)[:count]


def recvmsg(sock):
    buffers = [bytearray(10), bytearray(50), bytearray(4096)]
    count, *_ = sock.recvmsg_into(buffers)
    return b"".join(buffers)[:count]


def recvmmsg(sock):
    buffers = [ctypes.create_string_buffer(16) for _ in range(64)]
    array, keep = messages(buffers)
    waitforone = 0x10000
    count = libc.recvmmsg(sock.fileno(), array, len(array), waitforone, None)
    assert count > 0
    return b"".join(b.raw[:m.len] for b, m in zip(buffers, array[:count]))


WRITES = [write, sendto, writev, writev_many, sendmsg, sendmmsg, splice, sendfile]
READS = [read, recvfrom, peek_first, byte_first, readv, recvmsg, recvmmsg]


def read_message(read_call, sock, end):
    data = b""
    while end not in data:
        data += read_call(sock)
    return data


def serve(listener, write_call, read_call):
    sock, _ = listener.accept()
    read_message(read_call, sock, b"\r\n\r\n")
    body = b"answer-" + write_call.__name__.encode() + b"!"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
    write_call(sock, head + body)
    sock.recv(1)
    sock.close()


def exchange(write_call, read_call):
    listener = socket.create_server(("127.0.0.1", 0))
    server = threading.Thread(target=serve, args=(listener, write_call, read_call))
    server.start()
    client = socket.create_connection(listener.getsockname())
    path = f"/{write_call.__name__}/{read_call.__name__}".encode()
    write_call(client, b"GET " + path + b" HTTP/1.1\r\nHost: calls\r\n\r\n")
    response = b""
    while response.count(b"\r\n\r\n") < 1 or len(response.split(b"\r\n\r\n")[1]) < \
            len(b"answer-!") + len(write_call.__name__):
        response += read_call(client)
    client.close()
    server.join()
    listener.close()


for write_call in WRITES:
    for read_call in READS:
        exchange(write_call, read_call)
