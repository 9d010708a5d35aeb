"""Complete and near: random filters over many photos, against NumPy.

    python -m bench.filters --data DIR [--rows 100000] [--filters 300] [--json]

Vectors are made from those of real photos, queries are photos kept apart. Times are
those of `search.query.nearest.nearest` at its database, all its statements together.
"""

from bench.vectors import arguments, embeddings, empty_shop, many  # first: settings

# isort: split
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from tqdm import tqdm

from bench.catalogue import (
    RARE,
    Catalogue,
    invent,
    random_filters,
    recall,
    store,
)
from bench.timing import percentile, report
from catalog.filters import Filters
from catalog.models import Category, Product
from search.index.partitions import build_index, create_partition, drop_partition
from search.models import Encoder
from search.query import nearest as searching
from search.query.nearest import nearest

K = 10
WARM_UP = 50
CLEARLY = 1.25  # times slower: below that it is chance
SIZES = (500, 1000, 2000, 4000, 8000, 16_000)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="default: 100000")
    parser.add_argument("--filters", type=int, default=300, help="default: 300")
    options = parser.parse_args()
    photos, labels, names = embeddings(options.data / "train")
    queries, _, _ = embeddings(options.data / "test")
    shop = invent(*many(photos, labels, options.rows), names)
    with empty_shop():
        small = crossover(shop, queries)
        encoder = new_encoder("many")
        started = time.perf_counter()
        store(shop, encoder.id)
        build_index(encoder.id)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        figures: dict[str, object] = {
            "rows": options.rows,
            "load_and_build_s": round(time.perf_counter() - started, 1),
            "k": K,
        }
        ask = Asking(shop, encoder, queries)
        figures |= ask.plain("unfiltered", Filters())
        figures |= ask.plain("filter_keeping_0.1%", Filters(brands=(RARE,)))
        figures |= ask.at_random(options.filters)
    report(small | figures, as_json=options.json)


def new_encoder(version: str) -> Encoder:
    encoder = Encoder.objects.create(version=version, folder="-", state="ready")
    create_partition(encoder.id)
    return encoder


class Asking:
    """nearest() and NumPy, asked the same."""

    def __init__(self, shop: Catalogue, encoder: Encoder, queries: np.ndarray):
        self.shop, self.encoder, self.queries = shop, encoder, queries

    def plain(self, name: str, filters: Filters) -> dict[str, object]:
        wishes = [filters] * len(self.queries)
        answer = self.answers(name, list(zip(self.queries, wishes, strict=True)))
        return {
            f"{name}_matching": int(self.shop.matching(filters).sum()),
            f"{name}_recall": round(float(np.mean(answer.recalls)), 4),
            f"{name}_p50_ms": percentile(answer.times_ms, 50),
            f"{name}_p95_ms": percentile(answer.times_ms, 95),
        }

    def at_random(self, count: int) -> dict[str, object]:
        random = np.random.default_rng(11)
        wishes = [random_filters(self.shop, random) for _ in range(count)]
        vectors = (self.queries[n % len(self.queries)] for n in range(count))
        answer = self.answers("random", list(zip(vectors, wishes, strict=True)))
        return {
            "random_p50_ms": percentile(answer.times_ms, 50),
            "random_p95_ms": percentile(answer.times_ms, 95),
            "complete_share": float(np.mean(answer.shares)),
            "recall_mean": round(float(np.mean(answer.recalls)), 4),
            "recall_p5": round(float(np.percentile(answer.recalls, 5)), 4),
            "n": count,
        }

    def answers(self, name: str, asked: list[tuple[np.ndarray, Filters]]) -> "Answers":
        """The truth first and by itself: it would push Postgres out of the caches."""
        truths = [
            self.shop.nearest(vector, filters, K)
            for vector, filters in tqdm(asked, desc=f"{name}, NumPy", unit=" queries")
        ]
        for vector, filters in asked[:WARM_UP]:
            self.find(vector, filters)
        found = [
            self.find(*each)
            for each in tqdm(asked, desc=f"{name}, Postgres", unit=" queries")
        ]
        pairs = list(zip(found, truths, strict=True))
        return Answers(
            recalls=[recall(near, truth) for (near, _), truth in pairs],
            shares=[
                len(near) / len(truth) if len(truth) else float(not len(near))
                for (near, _), truth in pairs
            ],
            times_ms=np.array([taken for _, taken in found]),
        )

    def find(self, vector: np.ndarray, filters: Filters) -> tuple[np.ndarray, float]:
        """Distances, and the milliseconds they took at the database."""
        with database_time() as taken:
            hits = nearest(vector=vector, encoder=self.encoder, k=K, filters=filters)
        return np.array([hit.distance for hit in hits]), 1000 * sum(taken)

    def median_ms(self) -> float:
        """Of the second half, when everything is in memory."""
        taken = [self.find(vector, Filters())[1] for vector in self.queries]
        return percentile(np.array(taken[len(taken) // 2 :]), 50)


@dataclass(frozen=True)
class Answers:
    recalls: list[float]
    shares: list[float]  # found of min(K, matching)
    times_ms: np.ndarray


@contextmanager
def database_time() -> Iterator[list[float]]:
    """Seconds that each statement of the block took."""
    taken: list[float] = []

    def timed(execute: Callable[..., Any], *args: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*args)
        finally:
            taken.append(time.perf_counter() - started)

    with connection.execute_wrapper(timed):
        yield taken


def crossover(shop: Catalogue, queries: np.ndarray) -> dict[str, object]:
    """Median times in shops of the first SIZES photos, exactly and by the index."""
    times: dict[int, tuple[float, float]] = {}
    threshold = searching.EXACT_BELOW
    for size in SIZES:
        encoder = new_encoder(f"first-{size}")
        store(shop.first(size), encoder.id)
        build_index(encoder.id)
        medians = []
        for searching.EXACT_BELOW in (10**9, 1):
            ask = Asking(shop, encoder, queries[:60])
            medians.append(ask.median_ms())
        times[size] = (medians[0], medians[1])
        remove_shop(encoder)
    searching.EXACT_BELOW = threshold
    slower = [size for size, both in times.items() if both[0] > CLEARLY * both[1]]
    return {
        "exact_and_index_ms": {str(size): both for size, both in times.items()},
        "index_faster_from": slower[0] if slower else None,
        "exact_below": threshold,
    }


def remove_shop(encoder: Encoder) -> None:
    drop_partition(encoder.id)
    encoder.delete()
    with connection.cursor() as cursor:
        for model in (Product, Category):
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")


if __name__ == "__main__":
    main()
