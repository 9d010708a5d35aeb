"""Fetching a photo's web address, from real servers on this machine.

They are private, so one address, 127.0.0.1, counts as public where `internet` is used;
everything else, 127.0.0.2 too, stands before the true check.
"""

import gzip
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from socket import socket

import pytest
import trustme

from catalog.photos import remote
from catalog.photos.remote import AddressError, Fetched, fetch, fetch_photo, is_public
from catalog.tests.factories import make_photo_bytes
from ml.preprocess import MAX_BYTES

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


@pytest.fixture
def serve(monkeypatch) -> Iterator[Callable[[Answer], Server]]:
    running: list[Server] = []

    def start(answer: Answer) -> Server:
        server = Server(answer)
        running.append(server)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        monkeypatch.setattr(remote, "PORTS", remote.PORTS | {server.port})
        return server

    yield start
    for server in running:
        server.closing.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def internet(monkeypatch) -> dict[str, list[str]]:
    """Names and their addresses; 127.0.0.1 counts as public."""
    names: dict[str, list[str]] = {"photos.test": ["127.0.0.1"]}
    really, look_up = remote.is_public, remote.resolve
    monkeypatch.setattr(remote, "is_public", lambda ip: ip == "127.0.0.1" or really(ip))
    monkeypatch.setattr(
        remote, "resolve", lambda host: names.get(host) or look_up(host)
    )
    return names


def send(body: bytes, *headers: str, status: str = "200 OK") -> Answer:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return lambda sock, target: sock.sendall(head + body)


def redirect(location: str) -> Answer:
    return send(b"", f"Location: {location}", status="302 Found")


def code(address: str) -> str:
    with pytest.raises(AddressError) as refused:
        fetch_photo(address)
    assert str(refused.value).endswith(".")
    return refused.value.code


def test_a_request_reveals_nothing_about_the_shop(serve, internet):
    server = serve(send(RED, "Content-Type: text/html", "Set-Cookie: id=1"))
    assert fetch_photo(f"http://photos.test:{server.port}/a%20b.jpg?w=1#x") == RED
    assert server.requests == [
        "GET /a%20b.jpg?w=1 HTTP/1.1\r\n"
        f"Host: photos.test:{server.port}\r\n"
        "Accept: image/*\r\n"
        "Accept-Encoding: identity\r\n"
        "User-Agent: FashionLens\r\n\r\n"
    ]


def test_a_chunked_answer_and_one_without_a_length_are_read(serve, internet):
    def answer(sock: socket, target: str) -> None:
        if target == "/chunked":
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            sock.sendall(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(RED), RED))
        else:
            sock.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + RED)

    server = serve(answer)
    assert fetch_photo(f"http://photos.test:{server.port}/chunked") == RED
    assert fetch_photo(f"http://photos.test:{server.port}/until-the-end") == RED


def test_proxies_of_the_environment_are_not_used(serve, internet, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server = serve(send(RED))
    assert fetch_photo(f"http://photos.test:{server.port}/") == RED


@pytest.fixture
def connections(monkeypatch) -> list[object]:
    """The connections tried; none is made."""
    tried: list[object] = []
    monkeypatch.setattr(
        remote.socket, "create_connection", lambda *args: tried.append(args)
    )
    return tried


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]", "10.0.0.1"),
        *("172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "224.0.0.1"),
        *("[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::7f00:1]"),
        *("[fe80::1]", "[fd00:ec2::254]", "[ff02::1]", "255.255.255.255"),
    ],
)
def test_a_private_address_is_never_connected_to(connections, host: str):
    assert code(f"http://{host}/latest/meta-data/") == "private_address"
    assert not connections


@pytest.mark.parametrize(
    "host",
    ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.0.0.1", "127.0.0.1."],
)
def test_an_oddly_written_private_address_is_never_connected_to(connections, host: str):
    """Which of them are addresses at all is for the system to say."""
    assert code(f"http://{host}/") in ("private_address", "address_unreachable")
    assert not connections


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "0.0.0.0", "10.1.2.3", "169.254.169.254", "100.100.100.200"),
        *("192.0.0.192", "168.63.129.16", "224.0.0.1", "240.0.0.1", "198.18.0.1"),
        *("::1", "::", "::7f00:1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1"),
        *("2002:808:808::", "2001:0:808:808::", "2001:db8::1", "fe80::1%1", "fec0::1"),
        *("fd00:ec2::254", "ff0e::1", "100::1"),
    ],
)
def test_an_ip_address_is_private(ip: str):
    assert not is_public(ip)


@pytest.mark.parametrize(
    "ip",
    ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_an_ip_address_is_public(ip: str):
    assert is_public(ip)


def test_a_name_with_one_private_address_is_refused(serve, internet):
    server = serve(send(RED))
    internet["both.test"] = ["127.0.0.1", "127.0.0.2"]
    assert code(f"http://both.test:{server.port}/") == "private_address"
    assert not server.requests


def test_a_name_is_looked_up_once_for_check_and_connection(
    serve, internet, monkeypatch
):
    """A second look-up could say something else: DNS rebinding."""
    server = serve(send(RED))
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    monkeypatch.setattr(remote, "resolve", lambda host: next(answers))
    assert fetch_photo(f"http://photos.test:{server.port}/") == RED
    assert code(f"http://photos.test:{server.port}/") == "private_address"


def test_the_next_of_several_addresses_is_tried(serve, internet, monkeypatch):
    server = serve(send(RED))
    internet["several.test"] = ["127.0.0.1", "127.0.0.1"]
    connect = remote.socket.create_connection
    tried: list[object] = []

    def first_fails(address, timeout):
        tried.append(address)
        if len(tried) == 1:
            raise ConnectionRefusedError
        return connect(address, timeout)

    monkeypatch.setattr(remote.socket, "create_connection", first_fails)
    assert fetch_photo(f"http://several.test:{server.port}/") == RED
    assert len(tried) == 2


@pytest.mark.parametrize("to", ["127.0.0.2", "169.254.169.254", "[::1]", "10.0.0.1"])
def test_a_redirect_into_a_private_network_is_refused(serve, internet, to: str):
    server = serve(redirect(f"http://{to}/latest/meta-data"))
    assert code(f"http://photos.test:{server.port}/") == "private_address"
    assert len(server.requests) == 1


def test_redirects_are_followed_up_to_a_limit(serve, internet):
    def answer(sock: socket, target: str) -> None:
        left = int(target.rpartition("/")[2])
        step = redirect(f"../go/{left - 1}") if left else send(RED)
        step(sock, target)

    server = serve(answer)
    assert fetch_photo(f"http://photos.test:{server.port}/go/3") == RED
    assert code(f"http://photos.test:{server.port}/go/4") == "too_many_redirects"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/red dress.jpg", "/red%20dress.jpg"),
        ("/größe.jpg?n=ü", "/gr%C3%B6%C3%9Fe.jpg?n=%C3%BC"),
        ("/gr%C3%B6%C3%9Fe.jpg", "/gr%C3%B6%C3%9Fe.jpg"),
    ],
)
def test_a_redirect_is_followed_as_browsers_do(serve, internet, location, target):
    def answer(sock: socket, asked: str) -> None:
        step = redirect(location) if asked == "/a%20b.jpg?c%20d" else send(RED)
        step(sock, asked)

    server = serve(answer)
    assert fetch_photo(f"http://photos.test:{server.port}/a b.jpg?c d") == RED
    assert target in str(server.requests[-1])


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://photos.test/a", "http://[", "//u:p@h/"]
)
def test_a_redirect_to_an_invalid_address_is_refused(serve, internet, location):
    server = serve(redirect(location))
    assert code(f"http://photos.test:{server.port}/") == "bad_address"


@pytest.mark.parametrize(
    "address",
    [
        *("", "photos.test/a.jpg", "file:///etc/passwd", "ftp://photos.test/a.jpg"),
        *("http://", "http:///a.jpg", "http://[::1", "http://photos.test:x/"),
        *("http://user:secret@photos.test/", "http://@photos.test/", "data:image/png,"),
        *("http://photos.test:22/", "https://photos.test:6379/", "http://a..b/"),
        *(
            "http://photos test/a.jpg",
            "http://photos.test\\@127.0.0.1/",
            "http://\0/",
        ),
        *("http://photos.test/\r\nHost: x", f"http://{'a' * 64}.test/"),
        f"http://photos.test/{'a' * 2000}",
    ],
)
def test_an_invalid_address_is_refused(internet, address: str):
    assert code(address) == "bad_address"


def test_an_international_name_is_resolved_in_ascii(internet):
    internet["xn--mnchen-3ya.test"] = ["127.0.0.2"]
    assert code("http://münchen.test/") == "private_address"


def test_an_unknown_name_and_a_closed_port_cannot_be_reached(internet, monkeypatch):
    def unknown(host: str) -> list[str]:
        raise remote.socket.gaierror("Name or service not known")

    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        monkeypatch.setattr(remote, "PORTS", {port})
        assert code(f"http://photos.test:{port}/") == "address_unreachable"
    monkeypatch.setattr(remote, "PORTS", {80})
    monkeypatch.setattr(remote, "resolve", unknown)
    assert code("http://nowhere.test/") == "address_unreachable"


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "304 Not Modified"])
def test_an_answer_other_than_200_is_an_error(serve, internet, status: str):
    server = serve(send(RED, status=status))
    assert code(f"http://photos.test:{server.port}/") == "address_unreachable"


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
    assert code(f"http://photos.test:{server.port}/") == "address_unreachable"


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
    assert code(f"http://photos.test:{server.port}/") == "too_large"


def test_a_photo_may_be_as_large_as_the_limit(serve, internet):
    server = serve(
        lambda sock, target: send(bytes(MAX_BYTES + int(target[1:])))(sock, target)
    )
    assert len(fetch_photo(f"http://photos.test:{server.port}/0")) == MAX_BYTES
    assert code(f"http://photos.test:{server.port}/1") == "too_large"


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
    assert code(f"http://photos.test:{server.port}/") == "address_timeout"


def test_a_slow_look_up_ends_at_the_time_limit(internet, monkeypatch):
    done = threading.Event()
    monkeypatch.setattr(remote, "TIMEOUT_S", 0.1)
    monkeypatch.setattr(remote, "resolve", lambda host: done.wait(10))
    try:
        assert code("http://photos.test/") == "address_timeout"
    finally:
        done.set()


def test_redirects_share_one_time_limit(serve, internet, monkeypatch):
    monkeypatch.setattr(remote, "TIMEOUT_S", 0.5)

    def answer(sock: socket, target: str) -> None:
        time.sleep(0.3)
        redirect("/on")(sock, target)

    server = serve(answer)
    assert code(f"http://photos.test:{server.port}/") == "address_timeout"
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
        assert code(address) == outcome
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


def test_private_allows_any_network_and_port(serve, monkeypatch):
    def answer(sock: socket, target: str) -> None:
        step = send(RED) if target == "/on" else redirect("/on")
        step(sock, target)

    server = serve(answer)
    monkeypatch.setattr(remote, "PORTS", {80})
    address = f"http://127.0.0.1:{server.port}/"
    assert fetch(address, private=True).content == RED
    assert code(address) == "bad_address"


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
    assert code(f"https://photos.test:{server.port}/") == "address_unreachable"
    assert not server.requests
