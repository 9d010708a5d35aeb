"""Measure the recall of the HNSW index against exact search."""

import time
from functools import partial

import numpy as np
from django.db import connection, transaction
from django.db.models import QuerySet

from search.models import Embedding, Encoder, RecallMeasurement
from search.query.nearest import (
    RERANKED,
    index_way,
    order_by_distance,
    set_search_breadth,
)

SAMPLE = 200
K = 10
# Two query plans give distances that differ in the last digits.
TOLERANCE = 1e-6


class NothingToMeasure(RuntimeError):
    """The index is empty."""


def measure_recall(
    encoder: Encoder, *, sample: int = SAMPLE, k: int = K
) -> RecallMeasurement:
    """Search with a sample of photos by the index and exactly; store the figures.

    Raises NothingToMeasure.
    """
    rows = Embedding.objects.filter(encoder=encoder)
    vectors = list(rows.order_by("?").values_list("vector", flat=True)[:sample])
    if not vectors:
        raise NothingToMeasure(
            f"No photo has a vector of {encoder.version}. Run manage.py embed first."
        )
    recalls, index_ms, exact_ms = [], [], []
    way = index_way(encoder)
    compared = k * RERANKED if way == "quantised" else k
    with transaction.atomic(), connection.cursor() as cursor:
        # The planner would not use the index of a small table.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        set_search_breadth(k)
        for vector in vectors:
            order = partial(order_by_distance, rows, vector)
            by_index, taken = _distances(order(way)[:compared], k)
            index_ms.append(taken)
            exactly, taken = _distances(order("exact")[:k], k)
            exact_ms.append(taken)
            recalls.append(_recall(by_index, exactly))
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_sort = on")
    return RecallMeasurement.objects.create(
        encoder=encoder,
        rows=rows.count(),
        sample=len(vectors),
        k=k,
        recall_mean=float(np.mean(recalls)),
        recall_p5=float(np.percentile(recalls, 5)),
        index_p50_ms=float(np.percentile(index_ms, 50)),
        index_p95_ms=float(np.percentile(index_ms, 95)),
        exact_p50_ms=float(np.percentile(exact_ms, 50)),
        exact_p95_ms=float(np.percentile(exact_ms, 95)),
    )


def _distances(
    ordered: QuerySet[Embedding, tuple[int, int, float]], k: int
) -> tuple[np.ndarray, float]:
    started = time.perf_counter()
    distances = sorted(distance for _, _, distance in ordered)[:k]
    return np.array(distances), (time.perf_counter() - started) * 1000


def _recall(by_index: np.ndarray, exactly: np.ndarray) -> float:
    # By distance, since any of several copies of a photo will do.
    good = np.sum(by_index <= exactly[-1] + TOLERANCE)
    return min(1.0, float(good) / len(exactly))
