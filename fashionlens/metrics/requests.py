"""Requests and their latency by view, counted over all web processes of a host."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Histogram

LATENCY = Histogram(
    "fashionlens_request_seconds",
    "Requests answered, by view, method and status",
    ["view", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}


class RequestMetrics:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        # Clients invent paths and methods; each label makes a series of its own.
        match = request.resolver_match
        LATENCY.labels(
            match.view_name if match else "none",
            request.method if request.method in METHODS else "other",
            str(response.status_code),
        ).observe(time.perf_counter() - started)
        return response
