"""Health checks: /healthz for the process, /readyz for what it depends on."""

import logging
from collections.abc import Callable

from celery import current_app
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from PIL import Image

from search.index.encoders import active_encoder, network_of

log = logging.getLogger(__name__)


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    cache.set("readyz", 1, 5)


def _broker() -> None:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)


def _encoder() -> None:
    network_of(active_encoder()).encode([Image.new("RGB", (64, 64))])


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "cache": _cache,
    "broker": _broker,
    "encoder": _encoder,
}


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Report database, cache, broker and encoder; answer 503 if one has failed."""
    states = {}
    for name, check in CHECKS.items():
        try:
            check()
        except Exception as error:  # any error means not ready
            # The reason is logged only: this page is public.
            log.warning("Not ready, %s: %s", name, error)
            states[name] = type(error).__name__
        else:
            states[name] = "ok"
    ready = all(state == "ok" for state in states.values())
    return JsonResponse(states, status=200 if ready else 503)
