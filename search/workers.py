"""Having the workers embed, and watching how far they are."""

import time

from celery import current_app
from tqdm import tqdm

from search.index.embed import CHUNK
from search.index.encoders import kept_encoders
from search.models import Encoder, Photo
from search.tasks import wake_worker

# Without progress for this long, see whether there are workers at all.
STALLED_S = 30


class NoWorker(RuntimeError):
    """No Celery worker answers; the message says what to do."""


def count_workers(patience_s: int) -> int:
    """Worker processes that answer, which just after their start takes seconds."""
    for _ in range(patience_s):
        stats = current_app.control.inspect(timeout=1.0).stats() or {}
        if stats:
            pools = [worker.get("pool", {}) for worker in stats.values()]
            return sum(len(pool.get("processes", [1])) for pool in pools)
    raise NoWorker(
        "No worker answers. Start one (`manage.py up`, or `celery -A fashionlens"
        " worker`), or embed in this process with --here."
    )


def watch_workers(encoder: Encoder, bar: tqdm, *, patience_s: int) -> None:
    """Until no photo is due for the encoder. Raises NoWorker."""
    if not bar.total:
        return
    wake_worker(times=min(count_workers(patience_s), -(-bar.total // CHUNK)))
    left, moved = bar.total, time.monotonic()
    while left and kept_encoders().filter(pk=encoder.pk).exists():
        time.sleep(0.5)
        before, left = left, Photo.objects.due(encoder).count()
        bar.update(max(0, bar.total - left - bar.n))
        if left != before:
            moved = time.monotonic()
        elif time.monotonic() - moved > STALLED_S:
            # A worker leaves what another one held; the sweep comes once a minute.
            wake_worker(times=count_workers(patience_s))
            moved = time.monotonic()
