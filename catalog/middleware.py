"""What pages answer while something that they need is down."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from catalog.problems import DOWN, RETRY_AFTER_S

log = logging.getLogger("django.request")


class ServiceDown:
    """503 and when to come again, as in the API: a 500 says that the shop is broken,
    to shoppers, to robots and to whoever is woken by it."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.respond(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        if not isinstance(exception, DOWN):
            return None
        log.warning("Page unavailable: %s: %r", request.path, exception)
        response = HttpResponse(render_to_string("down.html"), status=503)
        response["Retry-After"] = str(RETRY_AFTER_S)
        return response
