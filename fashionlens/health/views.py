"""Health checks: /healthz for the process, /readyz for what it depends on."""

import functools
import logging
from collections import Counter
from collections.abc import Callable
from secrets import token_hex

import numpy as np
from celery import current_app
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache, caches
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from PIL import Image

from fashionlens.health.scheduler import SILENT_S, silence_s
from fashionlens.postgres.replica.watch import watch
from search.index.encoders import active_encoder, network_of
from search.query.nearest import nearest

log = logging.getLogger(__name__)

# Asking the workers takes a second, and this page is public.
WORKERS_TTL_S = 10


class NotReady(Exception):
    """Something answers, but not as it must; the message is for the log."""


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _migrations() -> None:
    # Migrations of a newer release may be there: it is about to replace this one.
    missing = _own_migrations() - set(
        MigrationRecorder(connection).applied_migrations()
    )
    if missing:
        raise NotReady(f"These migrations are not applied: {sorted(missing)}")


@functools.cache
def _own_migrations() -> set[tuple[str, str]]:
    return set(MigrationLoader(None).disk_migrations)


def _writes() -> None:
    with transaction.atomic():
        key, now = f"readyz{token_hex(16)}"[:40], timezone.now()
        Session.objects.create(session_key=key, session_data="", expire_date=now)
        transaction.set_rollback(True)


def _cache() -> None:
    value = token_hex(8)
    cache.set("readyz", value, 5)
    if cache.get("readyz") is None:
        raise NotReady("The cache does not keep what it is given.")


def _broker() -> None:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)


def _encoder() -> None:
    network_of(active_encoder()).encode([Image.new("RGB", (64, 64))])


def _search() -> None:
    # Any vector will do: _encoder() has already encoded a picture.
    encoder = active_encoder()
    nearest(vector=np.eye(encoder.dimension)[0], encoder=encoder, k=1)


def _workers() -> None:
    for queue, workers in count_workers().items():
        if not workers:
            raise NotReady(f"No worker serves the queue {queue}.")


def count_workers() -> dict[str, int]:
    """Return by queue how many workers answer, or did so in the last seconds."""
    return caches["process"].get_or_set("workers", _ask_workers, WORKERS_TTL_S) or {}


def _ask_workers() -> dict[str, int]:
    answers = current_app.control.inspect(timeout=1.0).active_queues() or {}
    served = Counter(queue["name"] for queues in answers.values() for queue in queues)
    return {name: served[name] for name in current_app.amqp.queues}


def _scheduler() -> None:
    silence = silence_s()
    if silence is None or silence > SILENT_S:
        raise NotReady(f"The scheduler last sent a task {silence} seconds ago.")


def _replica() -> None:
    if settings.DATABASE_REPLICA_URL and not watch.is_usable():
        raise NotReady(f"Reads go to the primary: {watch.problem}")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "migrations": _migrations,
    "writes": _writes,
    "cache": _cache,
    "broker": _broker,
    "encoder": _encoder,
    "search": _search,
}
DEEP_CHECKS = CHECKS | {
    "workers": _workers,
    "scheduler": _scheduler,
    "replica": _replica,
}


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Name every part that a page needs; answer 503 if one has failed.

    `?deep=1` adds those that pages do without: workers, scheduler and replica.
    """
    checks = DEEP_CHECKS if request.GET.get("deep") == "1" else CHECKS
    states = {}
    for name, check in checks.items():
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
