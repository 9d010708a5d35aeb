"""Completeness and recall of searches with random filters, against NumPy.

    python -m bench.filters --data DIR [--rows 100000] [--filters 300] [--json]

Vectors are synthesised from those of real photos; queries are photos of another split.
Times are those of all statements of `search.query.nearest.nearest` at the database.
"""

# First: importing it sets the environment.
from bench.empty_shop import empty_shop

# isort: split
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from tqdm import tqdm

from bench.cli import make_data_parser, percentile, print_figures
from bench.synthetic_shop import (
    RARE,
    SyntheticShop,
    draw_filters,
    load_embeddings,
    make_shop,
    make_vectors,
    recall,
    store_shop,
)
from catalog.filters import Filters
from catalog.models import Category, Product
from search.index.partitions import build_index, create_partition, drop_partition
from search.models import Encoder
from search.query import nearest as nearest_module
from search.query.nearest import nearest

K = 10
WARM_UP = 50
CLEAR_FACTOR = 1.25  # a smaller difference may be chance
SIZES = (500, 1000, 2000, 4000, 8000, 16_000)


def main() -> None:
    parser = make_data_parser(__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="default: 100000")
    parser.add_argument("--filters", type=int, default=300, help="default: 300")
    options = parser.parse_args()
    photos, labels, names = load_embeddings(options.data / "train")
    queries, _, _ = load_embeddings(options.data / "test")
    shop = make_shop(*make_vectors(photos, labels, options.rows), names)
    with empty_shop():
        small = find_crossover(shop, queries)
        encoder = new_encoder("many")
        started = time.perf_counter()
        store_shop(shop, encoder.id)
        build_index(encoder.id)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        figures: dict[str, object] = {
            "rows": options.rows,
            "load_and_build_s": round(time.perf_counter() - started, 1),
            "k": K,
        }
        benchmark = FilterBenchmark(shop, encoder, queries)
        figures |= benchmark.measure_filters("unfiltered", Filters())
        figures |= benchmark.measure_filters(
            "filter_keeping_0.1%", Filters(brands=(RARE,))
        )
        figures |= benchmark.measure_random_filters(options.filters)
    print_figures(small | figures, as_json=options.json)


def new_encoder(version: str) -> Encoder:
    encoder = Encoder.objects.create(version=version, folder="-", state="ready")
    create_partition(encoder.id)
    return encoder


class FilterBenchmark:
    def __init__(self, shop: SyntheticShop, encoder: Encoder, queries: np.ndarray):
        self.shop, self.encoder, self.queries = shop, encoder, queries

    def measure_filters(self, name: str, filters: Filters) -> dict[str, object]:
        filters_of_queries = [filters] * len(self.queries)
        measured = self._measure(
            name, list(zip(self.queries, filters_of_queries, strict=True))
        )
        return {
            f"{name}_matching": int(self.shop.matches(filters).sum()),
            f"{name}_recall": round(float(np.mean(measured.recalls)), 4),
            f"{name}_p50_ms": percentile(measured.times_ms, 50),
            f"{name}_p95_ms": percentile(measured.times_ms, 95),
        }

    def measure_random_filters(self, count: int) -> dict[str, object]:
        random = np.random.default_rng(11)
        filters_of_queries = [draw_filters(self.shop, random) for _ in range(count)]
        vectors = (self.queries[n % len(self.queries)] for n in range(count))
        measured = self._measure(
            "random", list(zip(vectors, filters_of_queries, strict=True))
        )
        return {
            "random_p50_ms": percentile(measured.times_ms, 50),
            "random_p95_ms": percentile(measured.times_ms, 95),
            "complete_share": float(np.mean(measured.shares)),
            "recall_mean": round(float(np.mean(measured.recalls)), 4),
            "recall_p5": round(float(np.percentile(measured.recalls, 5)), 4),
            "n": count,
        }

    def _measure(
        self, name: str, searches: list[tuple[np.ndarray, Filters]]
    ) -> "Measurement":
        # NumPy first and by itself: it would push Postgres out of the CPU caches.
        exact = [
            self.shop.nearest_distances(vector, filters, K)
            for vector, filters in tqdm(
                searches, desc=f"{name}, NumPy", unit=" queries"
            )
        ]
        for vector, filters in searches[:WARM_UP]:
            self._search(vector, filters)
        found = [
            self._search(*each)
            for each in tqdm(searches, desc=f"{name}, Postgres", unit=" queries")
        ]
        pairs = list(zip(found, exact, strict=True))
        return Measurement(
            recalls=[recall(near, truth) for (near, _), truth in pairs],
            shares=[
                len(near) / len(truth) if len(truth) else float(not len(near))
                for (near, _), truth in pairs
            ],
            times_ms=np.array([taken for _, taken in found]),
        )

    def _search(self, vector: np.ndarray, filters: Filters) -> tuple[np.ndarray, float]:
        """Return the distances, and the time at the database in ms."""
        with database_time() as taken:
            hits = nearest(vector=vector, encoder=self.encoder, k=K, filters=filters)
        return np.array([hit.distance for hit in hits]), 1000 * sum(taken)

    def median_ms(self) -> float:
        # The first half only brings everything into memory.
        taken = [self._search(vector, Filters())[1] for vector in self.queries]
        return percentile(np.array(taken[len(taken) // 2 :]), 50)


@dataclass(frozen=True)
class Measurement:
    recalls: list[float]
    shares: list[float]  # found of min(K, matching)
    times_ms: np.ndarray


@contextmanager
def database_time() -> Iterator[list[float]]:
    """Yield a list of the seconds that each statement takes."""
    taken: list[float] = []

    def timed(execute: Callable[..., Any], *args: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*args)
        finally:
            taken.append(time.perf_counter() - started)

    with connection.execute_wrapper(timed):
        yield taken


def find_crossover(shop: SyntheticShop, queries: np.ndarray) -> dict[str, object]:
    times: dict[int, tuple[float, float]] = {}
    threshold = nearest_module.EXACT_BELOW
    for size in SIZES:
        encoder = new_encoder(f"first-{size}")
        store_shop(shop.subset(size), encoder.id)
        build_index(encoder.id)
        medians = []
        for nearest_module.EXACT_BELOW in (10**9, 1):
            benchmark = FilterBenchmark(shop, encoder, queries[:60])
            medians.append(benchmark.median_ms())
        times[size] = (medians[0], medians[1])
        remove_shop(encoder)
    nearest_module.EXACT_BELOW = threshold
    slower = [size for size, both in times.items() if both[0] > CLEAR_FACTOR * both[1]]
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
