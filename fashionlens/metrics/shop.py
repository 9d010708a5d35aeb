"""The state of the shop in figures, read anew for each answer of /metrics."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count
from kombu.exceptions import ChannelError
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from fashionlens.health.scheduler import silence_s
from fashionlens.health.views import count_workers
from fashionlens.postgres.replica.watch import watch
from search.index.embed import index_status
from search.index.encoders import active_encoder
from search.models import EmbeddingFailure, RecallMeasurement

log = logging.getLogger(__name__)

MAX_REASONS = 20
_INDEX = {
    "photos": "Photos of the shop",
    "embedded": "Photos with a vector of the active encoder",
    "pending": "Photos that wait for their vector",
    "failed": "Photos that cannot be embedded",
    "oldest_pending_s": "Seconds for which the oldest photo has waited",
}


class ShopCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        errors = GaugeMetricFamily(
            "fashionlens_metrics_missing",
            "Figures that could not be read",
            labels=["part"],
        )
        for part in _PARTS:
            try:
                yield from list(part())
            except Exception as error:  # the other figures are still of use
                log.warning("No figures of %s: %s", part.__name__[1:], error)
                errors.add_metric([part.__name__[1:]], 1)
        yield errors


def _index() -> Iterable[Metric]:
    status: dict[str, Any] = index_status()
    for name, help_text in _INDEX.items():
        metric = f"fashionlens_{name.removesuffix('_s')}"
        metric += "_seconds" if name.endswith("_s") else ""
        yield GaugeMetricFamily(metric, help_text, value=status[name])
    yield InfoMetricFamily(
        "fashionlens_encoder",
        "The active encoder",
        value={"version": status["encoder"]},
    )


def _failures() -> Iterable[Metric]:
    family = GaugeMetricFamily(
        "fashionlens_embedding_failures",
        "Photos by reason of failure",
        labels=["reason"],
    )
    failures = EmbeddingFailure.objects.filter(encoder=active_encoder())
    counts = failures.values_list("reason").annotate(n=Count("*")).order_by("-n")
    for reason, number in counts[:MAX_REASONS]:
        family.add_metric([reason], number)
    yield family


def _recall() -> Iterable[Metric]:
    last = RecallMeasurement.objects.filter(encoder=active_encoder()).first()
    if last:
        yield GaugeMetricFamily(
            "fashionlens_index_recall",
            "Share of the nearest photos that the index found, last night",
            value=last.recall_mean,
        )


def _queue() -> Iterable[Metric]:
    family = GaugeMetricFamily(
        "fashionlens_queue_length", "Tasks that wait for a worker", labels=["queue"]
    )
    with current_app.connection_for_read() as connection:
        for name in current_app.amqp.queues:
            family.add_metric([name], _length(connection.default_channel, name))
    yield family


def _length(channel: Any, queue: str) -> int:
    try:
        return channel.queue_declare(queue, passive=True).message_count
    except ChannelError:  # nothing was ever sent
        return 0


def _workers() -> Iterable[Metric]:
    family = GaugeMetricFamily(
        "fashionlens_workers", "Workers that answer", labels=["queue"]
    )
    for name, workers in count_workers().items():
        family.add_metric([name], workers)
    yield family


def _scheduler() -> Iterable[Metric]:
    if (silence := silence_s()) is not None:
        yield GaugeMetricFamily(
            "fashionlens_scheduler_silence_seconds",
            "Time since the scheduler sent a task",
            value=silence,
        )


def _cache() -> Iterable[Metric]:
    client: Any = cache._cache.get_client()  # type: ignore[attr-defined]
    info = client.info("stats")
    for outcome in ("hits", "misses"):
        yield CounterMetricFamily(
            f"fashionlens_cache_{outcome}",
            f"Reads of the cache server: {outcome}",
            value=info[f"keyspace_{outcome}"],
        )


def _replica() -> Iterable[Metric]:
    if settings.DATABASE_REPLICA_URL:
        yield GaugeMetricFamily(
            "fashionlens_replica_used",
            "1 if reads go to the replica, 0 if all go to the primary",
            value=int(watch.is_usable()),
        )


_PARTS = (
    *(_index, _failures, _recall, _queue, _workers, _scheduler, _cache, _replica),
)
