"""Who asks: a key in the header Authorization, or nobody.

A session of the staff is looked up by `fashionlens.keys.permissions`, and only where a
key would be needed: public answers must not depend on cookies.
"""

from urllib.parse import urlsplit

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from fashionlens.keys.models import ApiKey

SCHEME = "Bearer"


def key_of(request: HttpRequest) -> ApiKey | None:
    """Return the key that is sent, unchecked, by one query for each request."""
    if not hasattr(request, "_api_key"):
        token = _token(request)
        # Revoked on the primary: a replica might not know it yet.
        found = ApiKey.objects.using("default").of_token(token) if token else None
        request._api_key = found  # type: ignore[attr-defined]
    return request._api_key  # type: ignore[attr-defined]


class KeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        # Other schemes are those of proxies in front of the shop.
        if _scheme(request) != SCHEME.lower():
            return None
        key = key_of(request._request)
        if key is None:
            raise AuthenticationFailed(
                f'Send "Authorization: {SCHEME} KEY" with a key of this shop.',
                "unknown_key",
            )
        _check(key, request)
        key.note_use()
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


def _check(key: ApiKey, request: Request) -> None:
    if key.revoked:
        raise AuthenticationFailed(
            "This key was revoked. Use another one.", "key_revoked"
        )
    if key.is_expired:
        raise AuthenticationFailed(
            f"This key expired on {key.expires:%Y-%m-%d}. Use another one.",
            "key_expired",
        )
    origin = _origin(request)
    own = f"{request.scheme}://{request.get_host()}"
    if key.is_secret and origin not in ("", own):
        raise PermissionDenied(
            "This is a secret key, and a page has sent it. Revoke it, because whoever"
            " opens the page can read it, and use a publishable key there.",
            "secret_key_in_browser",
        )
    if key.origins and origin not in key.origins:
        raise PermissionDenied(
            f"This key is for pages of {', '.join(key.origins)},"
            f" not of {origin or 'an unknown origin'}.",
            "origin_not_allowed",
        )


def _scheme(request: HttpRequest | Request) -> str:
    return request.headers.get("Authorization", "").partition(" ")[0].lower()


def _token(request: HttpRequest) -> str:
    if _scheme(request) != SCHEME.lower():
        return ""
    return request.headers["Authorization"].partition(" ")[2].strip()


def _origin(request: Request) -> str:
    """Return the origin of the page that asks; "" for a server."""
    origin = request.headers.get("Origin", "")
    # Browsers leave Origin out when a page reads from its own host.
    referer = urlsplit(request.headers.get("Referer", ""))
    if not origin and referer.netloc:
        origin = f"{referer.scheme}://{referer.netloc}"
    return origin.lower()
