"""Which addresses a photo is fetched from."""

from socket import socket

import pytest

from catalog.photos import remote
from catalog.photos.ip_addresses import is_public
from catalog.photos.remote import fetch, fetch_photo
from catalog.tests.raw_server import RED, redirect, refusal_code, send


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
    assert refusal_code(f"http://{host}/latest/meta-data/") == "private_address"
    assert not connections


@pytest.mark.parametrize(
    "host",
    ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.0.0.1", "127.0.0.1."],
)
def test_an_oddly_written_private_address_is_never_connected_to(connections, host: str):
    """Which of them are addresses at all is for the system to say."""
    assert refusal_code(f"http://{host}/") in ("private_address", "address_unreachable")
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
    assert refusal_code(f"http://both.test:{server.port}/") == "private_address"
    assert not server.requests


def test_a_name_is_looked_up_once_for_check_and_connection(
    serve, internet, monkeypatch
):
    """A second look-up could say something else: DNS rebinding."""
    server = serve(send(RED))
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    monkeypatch.setattr(remote, "resolve", lambda host: next(answers))
    assert fetch_photo(f"http://photos.test:{server.port}/") == RED
    assert refusal_code(f"http://photos.test:{server.port}/") == "private_address"


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
    assert refusal_code(f"http://photos.test:{server.port}/") == "private_address"
    assert len(server.requests) == 1


def test_redirects_are_followed_up_to_a_limit(serve, internet):
    def answer(sock: socket, target: str) -> None:
        left = int(target.rpartition("/")[2])
        step = redirect(f"../go/{left - 1}") if left else send(RED)
        step(sock, target)

    server = serve(answer)
    assert fetch_photo(f"http://photos.test:{server.port}/go/3") == RED
    assert (
        refusal_code(f"http://photos.test:{server.port}/go/4") == "too_many_redirects"
    )


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
    assert refusal_code(f"http://photos.test:{server.port}/") == "bad_address"


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
    assert refusal_code(address) == "bad_address"


def test_an_international_name_is_resolved_in_ascii(internet):
    internet["xn--mnchen-3ya.test"] = ["127.0.0.2"]
    assert refusal_code("http://münchen.test/") == "private_address"


def test_an_unknown_name_and_a_closed_port_cannot_be_reached(internet, monkeypatch):
    def unknown(host: str) -> list[str]:
        raise remote.socket.gaierror("Name or service not known")

    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        monkeypatch.setattr(remote, "PORTS", {port})
        assert refusal_code(f"http://photos.test:{port}/") == "address_unreachable"
    monkeypatch.setattr(remote, "PORTS", {80})
    monkeypatch.setattr(remote, "resolve", unknown)
    assert refusal_code("http://nowhere.test/") == "address_unreachable"


def test_private_allows_any_network_and_port(serve, monkeypatch):
    def answer(sock: socket, target: str) -> None:
        step = send(RED) if target == "/on" else redirect("/on")
        step(sock, target)

    server = serve(answer)
    monkeypatch.setattr(remote, "PORTS", {80})
    address = f"http://127.0.0.1:{server.port}/"
    assert fetch(address, private=True).content == RED
    assert refusal_code(address) == "bad_address"
