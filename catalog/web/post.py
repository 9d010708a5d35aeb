"""Send a message to a public address, as carefully as photos are fetched."""

import http.client
import time
from collections.abc import Mapping

from catalog.photos.remote import (
    AddressError,
    Exchange,
    Limits,
    TimedSocket,
    connect,
    parse_address,
)

_LIMITS = Limits(what="message", max_bytes=64 * 1024)


def post(
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout_s: float,
    private: bool = False,
) -> int:
    """Return the status of the answer; redirects are not followed.

    Raises AddressError.
    """
    asked = parse_address(address, private=private)
    exchange = Exchange(time.monotonic() + timeout_s, private, {}, _LIMITS)
    try:
        with connect(asked, exchange) as sock:
            connection = http.client.HTTPConnection(asked.host, asked.port)
            connection.sock = sock
            sent = {"Host": asked.authority, "User-Agent": "FashionLens", **headers}
            connection.request("POST", asked.target, body, sent)
            timed = TimedSocket(sock, exchange)
            response = http.client.HTTPResponse(timed)  # type: ignore[arg-type]
            response.begin()
            return response.status
    except TimeoutError as error:
        message = f"{asked.host} did not answer within {timeout_s:.0f} seconds."
        raise AddressError("address_timeout", message) from error
    except (OSError, http.client.HTTPException) as error:
        message = f"{asked.host} cannot be reached."
        raise AddressError("address_unreachable", message) from error
