"""Pages of which htmx gets a fragment, at the same address."""

import logging
from collections.abc import Callable
from functools import wraps

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from fashionlens.storefront.availability import SEARCH_ERRORS

log = logging.getLogger(__name__)
View = Callable[..., HttpResponse]


class HtmxRequest(HttpRequest):
    """A request that has passed django-htmx's middleware."""

    htmx: HtmxDetails


def page_or_fragment(view: View) -> View:
    """Answer 503 if search is out of order; vary by htmx, which gets a fragment."""

    @wraps(view)
    def wrapped(request: HtmxRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except (*SEARCH_ERRORS, OperationalError):
            log.exception("Photo search is not available")
            name = "_unavailable" if request.htmx else "unavailable"
            template = f"storefront/search/{name}.html"
            response = TemplateResponse(request, template, status=503)
        patch_vary_headers(response, ["HX-Request"])
        return response

    return wrapped
