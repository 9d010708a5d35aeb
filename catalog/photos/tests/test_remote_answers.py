"""What becomes of the answers to requests for a photo."""

import gzip
import ssl
import threading
import time
from socket import socket

import pytest
import trustme

from catalog.photos import remote
from catalog.photos.remote import AddressError, Fetched, fetch, fetch_photo
from catalog.tests.raw_server import RED, Answer, redirect, refusal_code, send
from ml.preprocess import MAX_BYTES


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "304 Not Modified"])
def test_an_answer_other_than_200_is_an_error(serve, internet, status: str):
    server = serve(send(RED, status=status))
    assert refusal_code(f"http://photos.test:{server.port}/") == "address_unreachable"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"220 mail.test ESMTP\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbroken off",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
def test_a_broken_answer_is_an_error_in_words(serve, internet, answer: bytes):
    server = serve(lambda sock, target: sock.sendall(answer))
    assert refusal_code(f"http://photos.test:{server.port}/") == "address_unreachable"


def endless(head: bytes, piece: bytes) -> Answer:
    def answer(sock: socket, target: str) -> None:
        sock.sendall(head)
        while True:
            sock.sendall(piece)

    return answer


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        endless(b"HTTP/1.1 200 OK\r\n\r\n", bytes(65536)),
        endless(CHUNKED, b"10000\r\n" + bytes(65536) + b"\r\n"),
        endless(CHUNKED + b"-1\r\n", bytes(65536)),  # http.client would read for ever
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        endless(f"HTTP/1.1 200 OK\r\nContent-Length: {10**15}\r\n\r\n".encode(), b"a"),
    ],
    ids=["no length", "chunks", "chunk of -1", "headers", "huge length"],
)
def test_an_endless_answer_ends_at_the_limit(serve, internet, answer: Answer):
    server = serve(answer)
    assert refusal_code(f"http://photos.test:{server.port}/") == "too_large"


def test_a_photo_may_be_as_large_as_the_limit(serve, internet):
    server = serve(
        lambda sock, target: send(bytes(MAX_BYTES + int(target[1:])))(sock, target)
    )
    assert len(fetch_photo(f"http://photos.test:{server.port}/0")) == MAX_BYTES
    assert refusal_code(f"http://photos.test:{server.port}/1") == "too_large"


def test_nothing_is_decompressed(serve, internet):
    bomb = gzip.compress(bytes(20 * 1024 * 1024))
    server = serve(send(bomb, "Content-Encoding: gzip", "Content-Type: image/png"))
    assert fetch_photo(f"http://photos.test:{server.port}/") == bomb


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n", CHUNKED + b"fffff\r\n"],
    ids=["silent", "in the headers", "in the body", "in a chunk"],
)
def test_a_slow_answer_ends_at_the_time_limit(serve, internet, monkeypatch, head):
    """A byte now and then does not start the time anew."""
    monkeypatch.setattr(remote, "TIMEOUT_S", 0.4)

    def drip(sock: socket, target: str) -> None:
        sock.sendall(head)
        while not server.closing.wait(0.05):
            sock.sendall(b"a" if head else b"")

    server = serve(drip)
    assert refusal_code(f"http://photos.test:{server.port}/") == "address_timeout"


def test_a_slow_look_up_ends_at_the_time_limit(internet, monkeypatch):
    done = threading.Event()
    monkeypatch.setattr(remote, "TIMEOUT_S", 0.1)
    monkeypatch.setattr(remote, "resolve", lambda host: done.wait(10))
    try:
        assert refusal_code("http://photos.test/") == "address_timeout"
    finally:
        done.set()


def test_redirects_share_one_time_limit(serve, internet, monkeypatch):
    monkeypatch.setattr(remote, "TIMEOUT_S", 0.5)

    def answer(sock: socket, target: str) -> None:
        time.sleep(0.3)
        redirect("/on")(sock, target)

    server = serve(answer)
    assert refusal_code(f"http://photos.test:{server.port}/") == "address_timeout"
    assert len(server.requests) == 2


@pytest.fixture
def authority(monkeypatch) -> trustme.CA:
    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    monkeypatch.setattr(remote, "_tls", lambda: context)
    return authority


@pytest.mark.parametrize(
    ("name", "outcome"), [("photos.test", None), ("other.test", "address_unreachable")]
)
def test_a_certificate_must_match_the_host(
    serve, internet, authority, name: str, outcome: str | None
):
    server = serve(send(RED))
    server.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(server.context)
    seen: list[str | None] = []
    server.context.sni_callback = lambda sock, sni, context: seen.append(sni)
    address = f"https://photos.test:{server.port}/"
    if outcome is None:
        assert fetch_photo(address) == RED
        assert seen == ["photos.test"]
    else:
        assert refusal_code(address) == outcome
        assert not server.requests


def test_an_unchanged_photo_is_not_sent_again(serve, internet):
    def answer(sock: socket, target: str) -> None:
        known = 'If-None-Match: "1"\r\n' in server.requests[-1]
        head = ('ETag: "1"', "Last-Modified: Fri, 27 Nov 2026 08:00:00 GMT")
        status = "304 Not Modified" if known else "200 OK"
        send(b"" if known else RED, *head, status=status)(sock, target)

    server = serve(answer)
    first = fetch(f"http://photos.test:{server.port}/")
    assert first.content == RED
    assert fetch(f"http://photos.test:{server.port}/", since=first.version) == Fetched(
        None, first.version
    )
    assert "If-Modified-Since: Fri, 27 Nov 2026 08:00:00 GMT" in server.requests[1]


@pytest.mark.parametrize("etag", ["é" * 9, "a" * 201, ""])
def test_an_unusable_version_is_not_kept(serve, internet, etag: str):
    server = serve(send(RED, f"ETag: {etag}"))
    assert fetch(f"http://photos.test:{server.port}/") == Fetched(RED, {})


@pytest.mark.parametrize(
    ("status", "passing"), [("503 Busy", True), ("404 Not Found", False)]
)
def test_errors_say_whether_a_later_try_may_succeed(serve, internet, status, passing):
    server = serve(send(b"", status=status))
    with pytest.raises(AddressError) as refused:
        fetch(f"http://photos.test:{server.port}/")
    assert refused.value.passing is passing
    assert refused.value.status == int(status.split()[0])


def test_an_error_says_how_long_the_server_asked_to_wait(serve, internet):
    past = "Fri, 31 Dec 1999 23:59:59 GMT"
    for value, seconds in [("7", 7.0), (past, 0.0), ("soon", None)]:
        server = serve(send(b"", f"Retry-After: {value}", status="429 Busy"))
        with pytest.raises(AddressError) as refused:
            fetch(f"http://photos.test:{server.port}/")
        assert refused.value.retry_after_s == seconds


def test_an_untrusted_certificate_is_refused(serve, internet):
    server = serve(send(RED))
    server.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("photos.test").configure_cert(server.context)
    assert refusal_code(f"https://photos.test:{server.port}/") == "address_unreachable"
    assert not server.requests
