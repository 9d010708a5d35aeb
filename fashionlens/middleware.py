from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from rest_framework.exceptions import APIException

from catalog.api.problems import RETRY_AFTER_S, LengthRequired, TooLarge, Unavailable
from fashionlens.api import problem
from fashionlens.request_limits import BUSY, MAX_BODY, MB, PHOTO_SEARCHES, max_body
from ml.preprocess import MAX_MB


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
    if path in PHOTO_SEARCHES:
        return TooLarge(f"A photo may have at most {MAX_MB} MB.")
    return TooLarge(f"A request to this address may have at most {limit // MB} MB.")


def _refuse(request: HttpRequest, error: APIException) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem(request, error)
    if isinstance(error, Unavailable):
        response = HttpResponse(render_to_string("503.html"), status=503)
        response["Retry-After"] = str(RETRY_AFTER_S)
        return response
    page = render_to_string("400.html", {"reasons": [str(error.detail)]})
    return HttpResponse(page, status=error.status_code)
