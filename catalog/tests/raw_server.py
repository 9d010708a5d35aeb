"""A server that answers a request for a photo with any bytes, for tests."""

import socketserver
import ssl
import threading
from collections.abc import Callable
from socket import socket

import pytest

from catalog.photos.remote import AddressError, fetch_photo
from catalog.tests.factories import make_photo_bytes

RED = make_photo_bytes("red")

Answer = Callable[[socket, str], None]


class Server(socketserver.ThreadingTCPServer):
    """Answers what it is told to, and keeps what it was asked."""

    daemon_threads = True
    context: ssl.SSLContext | None = None

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), None)  # type: ignore[arg-type]
        self.answer = answer
        self.port = self.server_address[1]
        self.requests: list[str] = []
        self.closing = threading.Event()

    def finish_request(self, request, client_address) -> None:
        try:
            sock = request
            if self.context:
                sock = self.context.wrap_socket(request, server_side=True)
            head = sock.recv(65536).decode()
            self.requests.append(head)
            self.answer(sock, head.split()[1])
            sock.close()
        except OSError:
            pass  # the client left, as it should


def send(body: bytes, *headers: str, status: str = "200 OK") -> Answer:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return lambda sock, target: sock.sendall(head + body)


def redirect(location: str) -> Answer:
    return send(b"", f"Location: {location}", status="302 Found")


def refusal_code(address: str) -> str:
    with pytest.raises(AddressError) as refused:
        fetch_photo(address)
    assert str(refused.value).endswith(".")
    return refused.value.code
