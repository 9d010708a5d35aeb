"""How well the HNSW index does, set as for a search, against exact search."""

import time
from functools import partial

import numpy as np
from django.db import connection, transaction
from django.db.models import QuerySet

from search.models import Embedding, Encoder, RecallMeasurement
from search.query.nearest import order_by_distance, set_search_breadth

SAMPLE = 200
K = 10
# Distances of one pair by two plans differ in the last digits.
TOLERANCE = 1e-6


class NothingToMeasure(RuntimeError):
    """The index is empty; the message says what to do."""


def measure_recall(
    encoder: Encoder, *, sample: int = SAMPLE, k: int = K
) -> RecallMeasurement:
    """Ask for the neighbours of a sample of photos, by the index and exactly.

    Kept as a row of the history. Raises NothingToMeasure.
    """
    rows = Embedding.objects.filter(encoder=encoder)
    vectors = list(rows.order_by("?").values_list("vector", flat=True)[:sample])
    if not vectors:
        raise NothingToMeasure(
            f"No photo has a vector of {encoder.version}: run `manage.py embed` first."
        )
    recalls, index_ms, exact_ms = [], [], []
    with transaction.atomic(), connection.cursor() as cursor:
        # A small table is read whole where the planner may choose; the question here
        # is what the index answers.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        set_search_breadth(k)
        for vector in vectors:
            order = partial(order_by_distance, rows, vector)
            by_index, taken = _distances(
                order_by_distance(rows, vector, exact=False)[:k]
            )
            index_ms.append(taken)
            exactly, taken = _distances(order(exact=True)[:k])
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
    ordered: QuerySet[Embedding, tuple[int, int, float]],
) -> tuple[np.ndarray, float]:
    """Distances of the rows, ascending, and the time it took to get them in ms."""
    started = time.perf_counter()
    distances = sorted(distance for _, _, distance in ordered)
    return np.array(distances), (time.perf_counter() - started) * 1000


def _recall(by_index: np.ndarray, exactly: np.ndarray) -> float:
    """Share of the nearest that the index found. By distance: of rows equally far,
    as copies of a photo are, any will do."""
    good = np.sum(by_index <= exactly[-1] + TOLERANCE)
    return min(1.0, float(good) / len(exactly))
