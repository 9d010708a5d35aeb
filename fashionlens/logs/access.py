"""One line for each request, and one for each slow query."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse

access = logging.getLogger("access")
slow = logging.getLogger("slow_query")

LINE = "%(method)s %(path)s %(status)s %(duration_ms)s ms"


class AccessLog:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        # Without the query: it holds the words that somebody searches for.
        fields = {
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "duration_ms": _ms_since(started),
        }
        access.info(LINE, fields, extra=fields)
        return response


def log_slow_queries(**kwargs: Any) -> None:
    wrappers = kwargs["connection"].execute_wrappers
    if settings.SLOW_QUERY_MS and _timed not in wrappers:
        wrappers.append(_timed)


def _timed(execute: Callable, sql: str, params: Any, many: bool, context: dict) -> Any:
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        duration_ms = _ms_since(started)
        if duration_ms >= settings.SLOW_QUERY_MS:
            # Without parameters: they hold words, vectors and prices.
            fields = {"duration_ms": duration_ms, "sql": " ".join(str(sql).split())}
            slow.warning("%(duration_ms)s ms: %(sql).1000s", fields, extra=fields)


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


def connect() -> None:
    connection_created.connect(log_slow_queries)
