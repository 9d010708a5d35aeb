import logging
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException, Throttled

from catalog.api.problems import LengthRequired, TooLarge, Unavailable
from fashionlens.api import problem
from fashionlens.keys.rates import allowance_of
from fashionlens.rate_limits import Usage, count_request
from fashionlens.request_limits import BUSY, MAX_BODY, MB, max_body, takes_photos
from ml.preprocess import MAX_MB

log = logging.getLogger(__name__)
DATABASE_DOWN = (OperationalError, InterfaceError)


class SecurityHeaders:
    """Send the Content-Security-Policy and Permissions-Policy with every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        # Django's own error pages for developers have inline styles.
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response["Content-Security-Policy"] = _policy(request)
        return response


def _policy(request: HttpRequest) -> str:
    if request.path.startswith(reverse("admin:index")):
        return settings.ADMIN_SECURITY_POLICY
    return settings.CONTENT_SECURITY_POLICY


class RateLimits:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in getattr(request, "rate_headers", {}).items():
            response[name] = value
        return response

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        if not (usage := _count(request)):
            return None
        request.rate_headers = usage.headers  # type: ignore[attr-defined]
        if usage.is_allowed:
            return None
        return _refuse(request, Throttled(usage.reset_s))


def _count(request: HttpRequest) -> Usage | None:
    try:
        allowance = allowance_of(request)
        return count_request(*allowance) if allowance else None
    except (RedisError, *DATABASE_DOWN) as error:
        # Pages that need no cache must not fail because of it.
        log.warning("Requests are not counted: %s", error)
        return None


class RequestLimits:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.META.get(BUSY):
            return _refuse(request, Unavailable())
        length = request.META.get("CONTENT_LENGTH") or ""
        if not length and "Transfer-Encoding" in request.headers:
            return _refuse(request, LengthRequired())
        # Whether the client is one of the staff is looked up for large bodies only.
        if length.isdecimal() and int(length) > MAX_BODY:
            limit = max_body(request.path, staff=request.user.is_staff)
            if int(length) > limit:
                return _refuse(request, _too_large(request.path, limit))
        return self.get_response(request)


def _too_large(path: str, limit: int) -> TooLarge:
    if takes_photos(path):
        return TooLarge(_("A photo may have at most %d MB.") % MAX_MB)
    return TooLarge(
        _("A request to this address may have at most %d MB.") % (limit // MB)
    )


def _refuse(request: HttpRequest, error: APIException) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem(request, error)
    wait = getattr(error, "wait", None)
    if takes_photos(request.path) and "HX-Request" in request.headers:
        form = {"photo_form": {"errors": [str(error.detail)]}}
        page = render_to_string("storefront/search/_errors.html", form)
        headers = {"HX-Retarget": "#photo-message"}
        response = HttpResponse(page, status=error.status_code, headers=headers)
    elif isinstance(error, Unavailable):
        response = HttpResponse(render_to_string("503.html"), status=503)
    elif isinstance(error, Throttled):
        page = render_to_string("429.html", {"wait_s": wait})
        response = HttpResponse(page, status=429)
    else:
        page = render_to_string("400.html", {"reasons": [str(error.detail)]})
        response = HttpResponse(page, status=error.status_code)
    if wait:
        response["Retry-After"] = str(wait)
    return response
