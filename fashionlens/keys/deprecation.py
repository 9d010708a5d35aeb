"""Endpoints that will be gone: said in their answers and in the schema."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date


@dataclass(frozen=True)
class Deprecation:
    """When an endpoint was replaced, and when it will be gone (RFC 9745, RFC 8594).

    A view names it as `deprecation`.
    """

    since: datetime
    until: datetime
    docs: str  # the address of a page that says what to use instead

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Deprecation": f"@{self.since.timestamp():.0f}",
            "Sunset": http_date(self.until.timestamp()),
            "Link": f'<{self.docs}>; rel="deprecation"; type="text/html"',
        }


def deprecation_of(view: object) -> Deprecation | None:
    return getattr(view, "deprecation", None)


class DeprecationHeaders:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        view = getattr(match.func, "cls", None) if match else None
        if deprecation := deprecation_of(view):
            for name, value in deprecation.headers.items():
                response[name] = value
        return response
