"""Clients that hurt by how they send, and a database that falls silent."""

import http.client
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

SLOW_S = 12  # how long a slow client goes on
FILE = bytes(10 * 1024 * 1024)
FILES = 50
PART = (
    b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n'
    b"Content-Type: image/jpeg\r\n\r\n"
)
SLOW_STARTS = {
    "slow_head": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ",
    "slow_body": b"POST /search/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000\r\n\r\n",
    "silent": b"",
}


def slow_client(start: bytes) -> Callable[[int], str]:
    """Return an attack that sends a byte each second, or nothing after nothing."""

    def send(port: int) -> str:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(start)
            for _ in range(SLOW_S):
                time.sleep(1)
                try:
                    client.sendall(start[-1:])
                except OSError:
                    return "closed"
        return "taken"

    return send


def fifty_files(port: int) -> str:
    """Send 524 MB to a page without a CSRF token, until the shop answers."""
    size = FILES * (len(PART) + len(FILE))
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    head = "Content-Type: multipart/form-data; boundary=b\r\n"
    head += f"Host: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n"
    client.sendall(f"POST /admin/login/ HTTP/1.1\r\n{head}".encode())
    try:
        for _ in range(FILES):
            client.sendall(PART + FILE)
    except OSError:
        pass  # refused
    try:
        return client.recv(12)[9:].decode() or "closed"
    except OSError:
        return "closed"
    finally:
        client.close()


def front_page(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/")
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


@contextmanager
def stopped_database() -> Iterator[None]:
    """Stop the embedded PostgreSQL's processes inside the block."""
    mine = psutil.Process().children(recursive=True)
    servers = [each.pid for each in mine if each.name() == "postgres"]
    assert servers, "no postgres process to stop"
    for pid in servers:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in servers:
            os.kill(pid, signal.SIGCONT)
