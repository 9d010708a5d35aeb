"""Fetch photos from web addresses, but only from public ones.

Otherwise anyone could make the server send requests inside its own network (server-side
request forgery). A host is resolved once, all its IP addresses must be public, and the
connection goes to a checked IP address, because a second look-up could differ (DNS
rebinding). Redirects are checked in the same way. Proxies, cookies, passwords and
compression are not used. `private` allows any network and port, for operators whose
image server is inside.
"""

import http.client
import io
import re
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from django.utils.translation import gettext as _

from catalog.photos.ip_addresses import is_public, resolve
from catalog.web.headers import as_utf_8, seconds_of
from ml.preprocess import MAX_BYTES

MB = 1024 * 1024
TIMEOUT_S = 10.0  # in total, with look-ups and redirects
CONNECT_S = 3.0  # per IP address of a host
MAX_REDIRECTS = 3
MAX_CHARS = 2000
PORTS = {80, 443}  # other services listen on other ports
_HEADERS = {
    "Accept-Encoding": "identity",
    "User-Agent": "FashionLens",
}
_REDIRECTS = {301, 302, 303, 307, 308}
_PASSING = {408, 425, 429, 500, 502, 503, 504}
# Request header -> the header of an earlier response it repeats (RFC 9110, 13.1).
_VALIDATORS = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
Version = dict[str, str]  # request headers that ask whether the photo changed

# The system's look-up has no time limit, so a slow one keeps a thread busy.
_resolvers = ThreadPoolExecutor(4, thread_name_prefix="resolve")


class AddressError(ValueError):
    """No photo can be fetched; the message is for people, `code` for programs.

    `code` is one of addresses_off, bad_address, private_address, address_unreachable,
    address_timeout, too_many_redirects, too_large. `passing`: a later try may succeed.
    `status` is the server's answer, `retry_after_s` how long it asked to wait.
    """

    def __init__(self, code: str, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.passing = passing
        self.status: int | None = None
        self.retry_after_s: float | None = None


@dataclass(frozen=True)
class _Address:
    secure: bool
    host: str  # a name in ASCII, or an IP address without brackets
    port: int
    target: str  # path and query

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.secure else 80)
        return host if usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.authority}{self.target}"


@dataclass(frozen=True)
class Fetched:
    content: bytes | None  # None: unchanged since `since`
    version: Version


@dataclass(frozen=True)
class Limits:
    """What may be fetched; `timeout_s` is in total, with look-ups and redirects."""

    what: str = "photo"
    max_bytes: int = MAX_BYTES
    timeout_s: float | None = None  # None: that of photos

    @property
    def too_large(self) -> AddressError:
        limit = f"{self.max_bytes // MB} MB"
        message = _("The file at this address is larger than %s.") % limit
        return AddressError("too_large", message)


@dataclass(frozen=True)
class Exchange:
    """The part of a request that redirects do not change."""

    deadline: float
    private: bool
    since: Version
    limits: Limits


def fetch_photo(address: str) -> bytes:
    content = fetch(address).content
    assert content is not None  # no version was passed
    return content


def fetch(
    address: str,
    *,
    private: bool = False,
    since: Version | None = None,
    limits: Limits | None = None,
) -> Fetched:
    """Fetch a photo unless it has not changed since version `since`.

    `private` allows any network and port. Raises AddressError.
    """
    limits = limits or Limits()
    deadline = time.monotonic() + (limits.timeout_s or TIMEOUT_S)
    request = Exchange(deadline, private, since or {}, limits)
    asked = parse_address(address, private=private)
    try:
        for _redirect in range(MAX_REDIRECTS + 1):
            answer = _ask(asked, request)
            if isinstance(answer, Fetched):
                return answer
            asked = parse_address(answer, base=asked.url, private=private)
    except AddressError:
        raise
    except TimeoutError as error:
        message = _("%s did not answer in time.") % asked.host
        raise AddressError("address_timeout", message, passing=True) from error
    except ssl.SSLCertVerificationError as error:
        raise _unreachable(_("%s has no valid certificate.") % asked.host) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        message = _("%s cannot be reached.") % asked.host
        raise _unreachable(message, passing=True) from error
    raise AddressError(
        "too_many_redirects",
        _("The address redirects more than %d times.") % MAX_REDIRECTS,
    )


def parse_address(address: str, *, base: str = "", private: bool = False) -> _Address:
    if len(address) > MAX_CHARS:
        raise _bad(f"A web address has at most {MAX_CHARS} characters.")
    address = address.strip()
    if re.search(r"[\x00-\x1f\x7f\\]", address):
        raise _bad("A web address has no backslashes or control characters.")
    try:
        parts = urlsplit(urljoin(base, address))
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except ValueError:  # of UnicodeError too
        raise _bad("This is not a valid web address.") from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", host):
        raise _bad("A web address starts with https:// or http:// and names a server.")
    if parts.username is not None or parts.password is not None:
        raise _bad("Leave the user name and password out of the address.")
    secure = parts.scheme == "https"
    port = port or (443 if secure else 80)
    if port not in PORTS and not private:
        raise _bad(f"The address may use port 80 or 443, not {port}.")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~?")
    return _Address(secure, host, port, f"{path}?{query}" if query else path)


def _ask(asked: _Address, request: Exchange) -> Fetched | str:
    """Return the response, or the address it redirects to."""
    with connect(asked, request) as sock:
        connection = http.client.HTTPConnection(asked.host, asked.port)
        connection.sock = sock
        accept = {"Accept": "image/*" if request.limits.what == "photo" else "*/*"}
        headers = {"Host": asked.authority} | accept | _HEADERS | request.since
        connection.request("GET", asked.target, headers=headers)
        timed = TimedSocket(sock, request)
        response = http.client.HTTPResponse(timed)  # type: ignore[arg-type]
        response.begin()
        onward = response.getheader("Location")
        if response.status in _REDIRECTS and onward:
            return as_utf_8(onward)
        if response.status == HTTPStatus.NOT_MODIFIED and request.since:
            return Fetched(None, request.since)
        if response.status != HTTPStatus.OK:
            message = f"{asked.host} answered {response.status} instead of a"
            message += f" {request.limits.what}."
            error = _unreachable(message, passing=response.status in _PASSING)
            error.status = response.status
            error.retry_after_s = seconds_of(response.getheader("Retry-After", ""))
            raise error
        return Fetched(_body(response, request.limits), _version(response))


def _version(response: http.client.HTTPResponse) -> Version:
    named = {ask: response.getheader(said, "") for ask, said in _VALIDATORS.items()}
    return {k: v for k, v in named.items() if re.fullmatch(r"[ -~]{1,200}", v)}


def _body(response: http.client.HTTPResponse, limits: Limits) -> bytes:
    announced, most = response.length or 0, limits.max_bytes
    body = response.read(most + 1) if announced <= most else b""
    if max(announced, len(body)) > most:
        raise limits.too_large
    if response.length:
        raise _unreachable(
            _("The response ended before the whole file was sent."), passing=True
        )
    return body


def connect(asked: _Address, request: Exchange) -> socket.socket:
    """Connect to a checked IP address; TLS still verifies the host's name."""
    failure: OSError = OSError("no IP address")
    for ip in _checked(asked, request):
        try:
            limit_s = min(CONNECT_S, _left(request.deadline))
            sock = socket.create_connection((ip, asked.port), limit_s)
            break
        except OSError as error:
            failure = error
    else:
        raise failure
    sock.settimeout(_left(request.deadline))
    return (
        _tls().wrap_socket(sock, server_hostname=asked.host) if asked.secure else sock
    )


def _checked(asked: _Address, request: Exchange) -> list[str]:
    """Return the host's IP addresses. Raises AddressError if one is private."""
    look_up = _resolvers.submit(resolve, asked.host)
    try:
        ips = look_up.result(_left(request.deadline))
    finally:
        look_up.cancel()  # if it has not begun
    if not request.private and not all(map(is_public, ips)):
        raise AddressError(
            "private_address",
            _("%s is not an address of the public internet.") % asked.host,
        )
    return ips


class TimedSocket(io.RawIOBase):
    """A socket for HTTPResponse, limited to the deadline, and in its bytes."""

    def __init__(self, sock: socket.socket, request: Exchange) -> None:
        self.sock = sock
        self.request = request
        self.received = 0

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.sock.settimeout(_left(self.request.deadline))
        received = self.sock.recv_into(buffer)
        self.received += received
        # With headers and chunk sizes, which http.client does not limit.
        if self.received > 2 * self.request.limits.max_bytes:
            raise self.request.limits.too_large
        return received


def _left(deadline: float) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _bad(message: str) -> AddressError:
    return AddressError("bad_address", message)


def _unreachable(message: str, *, passing: bool = False) -> AddressError:
    return AddressError("address_unreachable", message, passing=passing)
