"""Sentry and OpenTelemetry, where their packages and variables are set up."""

import os
from importlib import import_module
from types import ModuleType

from celery.signals import beat_init, worker_process_init
from django.core.exceptions import ImproperlyConfigured

SENTRY, OPENTELEMETRY = "SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT"


@worker_process_init.connect
@beat_init.connect
def start(**kwargs: object) -> None:
    """Call this in each process after its fork, before Django loads its middleware.

    Raises ImproperlyConfigured if the packages are missing.
    """
    if dsn := os.environ.get(SENTRY):
        sentry = _load("sentry_sdk", SENTRY, "sentry-sdk")
        # The body of a request may be the photo of a shopper.
        sentry.init(dsn=dsn, send_default_pii=False, max_request_body_size="never")
    if os.environ.get(OPENTELEMETRY):
        package = "opentelemetry-distro opentelemetry-exporter-otlp"
        name = "opentelemetry.instrumentation.auto_instrumentation"
        _load(name, OPENTELEMETRY, package).initialize()


def _load(module: str, variable: str, packages: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"{variable} is set, but a package is missing: pip install {packages}"
        ) from error
