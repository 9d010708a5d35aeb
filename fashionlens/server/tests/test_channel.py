"""The server in a thread of the test, before an application that tells what it got."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from waitress import wasyncore
from waitress.adjustments import Adjustments

from fashionlens.request_limits import BUSY, MAX_BODY, MAX_PHOTO_BODY, MB
from fashionlens.server import channel, worker
from fashionlens.server.channel import BoundedParser
from fashionlens.server.worker import OPTIONS, BufferingServer, Pools

Answer = dict[str, Any]


class Application:
    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable
    ) -> list[bytes]:
        if environ["PATH_INFO"] == "/search/" and not environ[BUSY]:
            self.gate.wait(10)
        got = {
            "length": environ.get("CONTENT_LENGTH"),
            "read": len(environ["wsgi.input"].read()),
            "busy": environ[BUSY],
        }
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(got).encode()]


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def port(application) -> Iterator[int]:
    ended = threading.Event()
    channels: dict[int, Any] = {}
    pools = Pools(threads=2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sockinfo = (listener.family, listener.type, 0, listener.getsockname())
        BufferingServer(
            application,
            channels,
            _sock=listener,
            dispatcher=pools,
            adj=Adjustments(**OPTIONS),
            sockinfo=sockinfo,
            bind_socket=False,
        )

        def serve() -> None:
            while not ended.is_set():
                wasyncore.loop(timeout=0.05, use_poll=True, map=channels, count=1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        ended.set()
        thread.join()
        pools.shutdown(timeout=1)
        wasyncore.close_all(channels)


def ask(port: int, path: str, body: Any = None, **options: Any) -> Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST" if body else "GET", path, body, **options)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def send_partly(port: int, data: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(data)
    return client


SLOW_STARTS = {
    "nothing": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: a",
    "half a body": b"POST /search/ HTTP/1.1\r\nContent-Length: 100\r\n\r\nx",
    "half a chunk": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nx",
    "a request and a half": b"GET / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\nContent-Le",
}


@pytest.mark.parametrize("start", SLOW_STARTS.values(), ids=SLOW_STARTS)
def test_slow_clients_hold_no_thread(port, start):
    clients = [send_partly(port, start) for _ in range(24)]
    for path in ("/healthz", "/"):
        assert ask(port, path)["busy"] is False
    for client in clients:
        client.close()


def test_a_request_that_does_not_arrive_in_time_is_dropped(port, monkeypatch):
    monkeypatch.setattr(channel, "REQUEST_DEADLINE_S", 0.1)
    with send_partly(port, SLOW_STARTS["half a body"]) as client:
        assert client.recv(100) == b""


@pytest.mark.parametrize(
    ("path", "size", "read"),
    [
        ("/", MAX_BODY, MAX_BODY),
        ("/", MAX_BODY + 1, 0),
        ("/search/", MAX_PHOTO_BODY, MAX_PHOTO_BODY),
        ("/search/", MAX_PHOTO_BODY + 1, 0),
        ("/admin/", MAX_BODY + 1, 0),
    ],
)
@pytest.mark.parametrize("chunked", [False, True], ids=["whole", "chunked"])
def test_a_body_over_the_limit_is_not_kept(port, path, size, read, chunked):
    body = bytes(size)
    sent = iter([body[: size // 2], body[size // 2 :]]) if chunked else body
    answer = ask(port, path, sent, encode_chunked=chunked)
    assert answer == {"length": str(size), "read": read, "busy": False}


def test_a_body_in_the_admin_may_be_larger_with_a_session(port):
    headers = {"Cookie": "a=1; sessionid=x"}
    assert ask(port, "/admin/", bytes(5 * MB), headers=headers)["read"] == 5 * MB
    assert ask(port, "/", bytes(5 * MB), headers=headers)["read"] == 0


@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_a_huge_body_is_refused_before_it_is_sent(port, expect):
    head = b"POST / HTTP/1.1\r\n" + expect + b"Content-Length: 524288000\r\n\r\n"
    with send_partly(port, head) as client:
        answer = client.makefile("rb").read()
    assert b'"length": "524288000", "read": 0' in answer
    assert b"Connection: close" in answer
    assert b"100 Continue" not in answer


def test_chunks_that_are_nothing_but_framing_are_refused():
    parser = BoundedParser(Adjustments(**OPTIONS), lambda: True)
    parser.received(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    parser.received(b"1;")
    for _ in range(32):
        parser.received(bytes(64 * 1024))
    assert parser.completed
    assert parser.body_rcv is None


@pytest.mark.parametrize("head", [b"\0\r\n\r\n", b"A B C\r\n: x\r\n\r\n"])
def test_what_is_not_http_is_a_bad_request(port, head):
    with send_partly(port, head) as client:
        assert client.makefile("rb").read().startswith(b"HTTP/1.0 400 Bad Request")


def test_bodies_beyond_the_memory_of_a_process_are_refused(port, monkeypatch):
    monkeypatch.setattr(worker, "MAX_BUFFERED", MB)
    head = b"POST /search/ HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n"
    with send_partly(port, head + bytes(MB + 1)) as client:
        assert b'"busy": true' in client.makefile("rb").read()
    assert ask(port, "/search/", bytes(1000))["busy"] is False
