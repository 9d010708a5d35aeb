"""The scheduler's sign of life: the time at which it last sent a task, in the cache."""

import time
from typing import Any

from celery.signals import after_task_publish, beat_init
from django.core.cache import cache

KEY = "scheduler"
SILENT_S = 180.0  # it sends a task every minute


@beat_init.connect
def note_tasks(**kwargs: Any) -> None:
    after_task_publish.connect(_note_task)


def _note_task(**kwargs: Any) -> None:
    cache.set(KEY, time.time(), timeout=None)


def silence_s() -> float | None:
    """Return how long ago the scheduler sent a task; None if it never did."""
    sent = cache.get(KEY)
    return None if sent is None else time.time() - sent
