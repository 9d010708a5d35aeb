"""Whose requests are counted together.

A secret key has one limit wherever its servers are. A publishable key is used by all
visitors of a page, so that each of their addresses is counted, as without a key.
"""

from django.conf import settings
from django.http import HttpRequest

from fashionlens.keys.authentication import key_of
from fashionlens.rate_limits import client_address, scope_of


def allowance_of(request: HttpRequest) -> tuple[str, str, str] | None:
    """Return what is counted, for whom, and how often it is allowed."""
    key = key_of(request) if request.path_info.startswith("/api/") else None
    client = f"key-{key.pk}" if key else ""
    if key and key.is_secret:
        rate = key.rate or settings.API_KEY_RATE
        return ("key", client, rate) if rate else None
    if not (scope := scope_of(request)):
        return None
    rate = settings.RATE_LIMITS[scope]
    address = f"{client_address(request)}{client}"
    return (scope, address, rate) if rate else None
