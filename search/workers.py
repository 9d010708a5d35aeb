"""Let Celery workers embed photos, and wait for them."""

import time
from functools import partial

from celery import current_app
from django.conf import settings
from django.db.models import QuerySet
from tqdm import tqdm

from search.index.embed import CHUNK
from search.index.encoders import live_encoders
from search.index.pause import is_paused
from search.models import EmbeddingFailure, Encoder, Photo
from search.tasks import wake_worker

STALLED_S = 30  # without progress, after which the workers are counted again


class NoWorker(RuntimeError):
    """No Celery worker answers."""


def count_workers(patience_s: int) -> int:
    """Return the number of processes that embed photos. Raises NoWorker."""
    inspect = partial(current_app.control.inspect, timeout=1.0)
    for _ in range(patience_s):  # workers answer only seconds after their start
        queues = inspect().active_queues() or {}
        names = [name for name, served in queues.items() if _embeds(served)]
        if names:
            stats = inspect(destination=names, limit=len(names)).stats() or {}
            pools = [worker.get("pool", {}) for worker in stats.values()]
            return sum(len(pool.get("processes", [1])) for pool in pools)
    raise NoWorker(
        "No worker answers. Start one (`manage.py up`, or `celery -A fashionlens"
        " worker`), or embed in this process with --here."
    )


def _embeds(queues: list[dict[str, str]]) -> bool:
    return any(queue["name"] == settings.EMBEDDING_QUEUE for queue in queues)


def wait_for_workers(encoder: Encoder, bar: tqdm, *, patience_s: int) -> None:
    """Wait until no photo is due for the encoder. Raises NoWorker."""
    if not bar.total:
        return
    if is_paused():
        raise NoWorker(
            "The workers are paused. Resume the queue in the admin, or embed in this"
            " process with --here."
        )
    wake_worker(times=min(count_workers(patience_s), -(-bar.total // CHUNK)))
    left, moved = bar.total, time.monotonic()
    while left and live_encoders().filter(pk=encoder.pk).exists():
        time.sleep(0.5)
        before, left = left, Photo.objects.due(encoder).count()
        bar.update(max(0, bar.total - left - bar.n))
        if left != before:
            moved = time.monotonic()
        elif time.monotonic() - moved > STALLED_S:
            # A worker skips what another one holds; the sweep runs once a minute.
            wake_worker(times=count_workers(patience_s))
            moved = time.monotonic()


def retry(failures: QuerySet[EmbeddingFailure]) -> int:
    """Let photos that failed wait again, and wake a worker; return their number."""
    number, _ = failures.delete()
    wake_worker()
    return number
