"""What pages answer when the database does not: it is down, or refuses a value."""

import logging

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from catalog.api.problems import DOWN, RETRY_AFTER_S, reason_of

log = logging.getLogger("django.request")


class DatabaseAnswers(MiddlewareMixin):
    """503 and when to come again while something is down, as in the API: a 500 says
    that the shop is broken, to shoppers, to robots and to whoever is woken by it.
    400 for a value in the address that Postgres does not take, such as NUL: the
    admin's filters hand on what they are given."""

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        if isinstance(exception, DOWN):
            log.warning("Page unavailable: %s: %r", request.path, exception)
            page = render_to_string("503.html", {"reason": reason_of(exception)})
            response = HttpResponse(page, status=503)
            response["Retry-After"] = str(RETRY_AFTER_S)
            return response
        # A form's values are checked by the form: what fails there is our mistake.
        if request.method == "GET" and isinstance(exception, DataError):
            log.warning("Page refused: %s: %r", request.path, exception)
            reasons = [_("The address holds a value that cannot be searched for.")]
            page = render_to_string("400.html", {"reasons": reasons})
            return HttpResponse(page, status=400)
        return None
