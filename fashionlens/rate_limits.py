"""How often one client may ask, counted in the shared cache.

The windows are fixed, and each request is one atomic increment: of any number of
parallel requests exactly the allowed ones pass.
"""

import math
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}  # by the first letter of the unit
# Addresses that one subscriber usually has.
_IPV6_PREFIX = 64
# What is limited together: by the name of the address, and the parameter or method
# that makes the request count.
_SCOPES = {
    "storefront:search": ("search", "POST"),
    "api:search": ("search", ""),
    "storefront:results": ("refinements", ""),
    "storefront:result-filters": ("refinements", ""),
    "api:search-query": ("refinements", ""),
    "storefront:home": ("words", "q"),
    "storefront:filters": ("words", "q"),
    "api:products": ("words", "q"),
    "storefront:suggestions": ("suggestions", ""),
    "api:suggestions": ("suggestions", ""),
    "storefront:product": ("events", "q"),
    "api:events": ("events", "POST"),
    "readyz": ("readyz", ""),
    "admin:login": ("login", "POST"),
}


@dataclass(frozen=True)
class Usage:
    scope: str
    limit: int
    window_s: int
    used: int
    reset_s: int

    @property
    def is_allowed(self) -> bool:
        return self.used <= self.limit

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the IETF's draft for rate limits."""
        left = max(0, self.limit - self.used)
        return {
            "RateLimit-Policy": f'"{self.scope}";q={self.limit};w={self.window_s}',
            "RateLimit": f'"{self.scope}";r={left};t={self.reset_s}',
        }


def count_request(scope: str, client: str, rate: str) -> Usage:
    limit, _, unit = rate.partition("/")
    window_s = _SECONDS[unit[0]]
    now = time.time()
    number, passed = divmod(now, window_s)
    key = f"rate:{scope}:{client}:{number:.0f}"
    # Kept for longer than the window: it must not expire before the increment.
    cache.add(key, 0, 2 * window_s)
    return Usage(
        scope, int(limit), window_s, cache.incr(key), math.ceil(window_s - passed)
    )


def scope_of(request: HttpRequest) -> str | None:
    match = request.resolver_match
    scope, condition = _SCOPES.get(match.view_name if match else "", (None, ""))
    counts = not condition or condition == request.method or condition in request.GET
    return scope if counts else None


def client_address(request: HttpRequest) -> str:
    """Return the client's address, or that of its network if it is IPv6.

    NUM_PROXIES says how many of the last addresses in X-Forwarded-For were written by
    proxies of the shop. Clients can forge the others.
    """
    address = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if settings.NUM_PROXIES and forwarded[0]:
        address = forwarded[-min(settings.NUM_PROXIES, len(forwarded))].strip()
    try:
        parsed = ip_address(address)
    except ValueError:
        return request.META.get("REMOTE_ADDR", "")
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    network = IPv6Network((int(parsed), _IPV6_PREFIX), strict=False)
    return str(network.network_address)
