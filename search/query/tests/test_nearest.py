"""Nearest products behind any filter, compared with NumPy."""

from collections.abc import Iterator

import numpy as np
import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.synthetic_shop import (
    BRANDS,
    RARE,
    SyntheticShop,
    draw_filters,
    make_shop,
    recall,
    store_shop,
)
from catalog.filters import Filters
from catalog.models import Category, Product
from search.index import partitions
from search.index.partitions import (
    build_index,
    create_partition,
    drop_partition,
    has_index,
)
from search.models import Encoder
from search.query import nearest as searching
from search.query.nearest import MAX_K, BadVector, nearest
from search.query.recall import measure_recall


@pytest.fixture(scope="module")
def shop() -> SyntheticShop:
    """Eight thousand photos around sixty garments of ten categories."""
    random = np.random.default_rng(3)
    centres = random.standard_normal((60, 128))
    around = random.integers(60, size=8000)
    vectors = centres[around] + 0.7 * random.standard_normal((8000, 128))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = [f"category-{n}" for n in range(10)]
    return make_shop(vectors.astype(np.float32), around % 10, names)


@pytest.fixture(scope="module")
def encoder(shop, django_db_setup, django_db_blocker) -> Iterator[Encoder]:
    with django_db_blocker.unblock():
        encoder = Encoder.objects.create(version="random", folder="-", state="ready")
        create_partition(encoder.id)
        store_shop(shop, encoder.id)
        build_index(encoder.id)
        try:
            yield encoder
        finally:
            drop_partition(encoder.id)
            encoder.delete()
            with connection.cursor() as cursor:
                for model in (Product, Category):
                    cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")


@pytest.fixture(autouse=True)
def large(db, monkeypatch) -> None:
    """Use the index for these 8,000 photos."""
    monkeypatch.setattr(searching, "EXACT_BELOW", 1000)


def queries(
    shop: SyntheticShop, count: int
) -> Iterator[tuple[np.random.Generator, np.ndarray]]:
    """Photos like those of the shop."""
    random = np.random.default_rng(7)
    for _ in range(count):
        vector = shop.vectors[random.integers(len(shop.vectors))]
        vector = vector + random.standard_normal(128).astype(np.float32) * 0.02
        yield random, vector / np.linalg.norm(vector)


def distances(hits) -> np.ndarray:
    assert len({hit.product_id for hit in hits}) == len(hits)
    found = np.array([hit.distance for hit in hits])
    assert np.all(np.diff(found) >= 0)
    return found


def test_any_filter_finds_the_nearest_matching_products(shop, encoder):
    recalls, sizes = [], []
    for random, vector in queries(shop, 300):
        filters = draw_filters(shop, random)
        truth = shop.nearest_distances(vector, filters, k=10)
        hits = nearest(vector=vector, encoder=encoder, k=10, filters=filters)
        assert len(hits) == len(truth), filters
        recalls.append(recall(distances(hits), truth))
        sizes.append(int(shop.matches(filters).sum()))
    assert np.mean(recalls) >= 0.99
    assert np.percentile(recalls, 5) >= 0.9
    # Filters that leave next to nothing were among them, and some that leave much.
    assert sum(0 < size < 10 for size in sizes) > 10
    assert sum(size > 1000 for size in sizes) > 10


@pytest.mark.parametrize("k", [1, 100, MAX_K])
def test_without_filters_k_products_are_found(shop, encoder, k):
    found = []
    for _, vector in queries(shop, 10):
        hits = nearest(vector=vector, encoder=encoder, k=k)
        assert len(hits) == k
        found.append(
            recall(distances(hits), shop.nearest_distances(vector, Filters(), k))
        )
    assert np.mean(found) >= 0.95


def test_a_short_answer_of_the_index_is_completed(shop, encoder, monkeypatch):
    """All filters use the index, and it stops early, as it does in large shops."""
    monkeypatch.setattr(searching, "MIN_BREADTH", 10)
    monkeypatch.setattr(searching, "MAX_BREADTH", 10)
    monkeypatch.setattr(searching, "MAX_WALKED", 1)
    with connection.cursor() as cursor:
        for name in ("enable_seqscan", "enable_sort"):
            cursor.execute(f"SET LOCAL {name} = off")
    for random, vector in queries(shop, 40):
        filters = draw_filters(shop, random)
        truth = shop.nearest_distances(vector, filters, k=10)
        hits = nearest(vector=vector, encoder=encoder, k=10, filters=filters)
        assert len(hits) == len(truth), filters


def plans(encoder, vector, filters) -> list[str]:
    """Return the query plans of `nearest`."""
    with CaptureQueriesContext(connection) as captured:
        nearest(vector=vector, encoder=encoder, k=10, filters=filters)
    statements = [query["sql"] for query in captured if "<=>" in query["sql"]]
    with connection.cursor() as cursor:
        return [
            "\n".join(line for (line,) in cursor.execute(f"EXPLAIN {sql}").fetchall())
            for sql in statements
        ]


@pytest.mark.parametrize("filters", [Filters(), Filters(in_stock=True)])
def test_the_index_serves_filters_that_keep_most_products(
    shop, encoder, filters, monkeypatch
):
    # The wider the search, the larger the shop from which the planner takes the index.
    monkeypatch.setattr(searching, "MIN_BREADTH", 100)
    [(_, vector)] = queries(shop, 1)
    [plan] = plans(encoder, vector, filters)
    assert f"using search_embedding_e{encoder.id}_hnsw" in plan


# It builds an index of 8,000 vectors: over two seconds.
def test_a_quantised_index_replaces_the_other_and_finds_the_same(
    shop, encoder, settings, monkeypatch
):
    monkeypatch.setattr(partitions, "KIND_AGE_S", 0)
    settings.QUANTISED_INDEX = True
    caches["process"].delete(f"quantised:{encoder.pk}")
    build_index(encoder.pk)
    assert has_index(encoder.pk, True) and not has_index(encoder.pk, False)
    found = []
    for _, vector in queries(shop, 20):
        hits = nearest(vector=vector, encoder=encoder, k=50)
        truth = shop.nearest_distances(vector, Filters(), 50)
        found.append(recall(distances(hits), truth))
        for filters in (Filters(), Filters(in_stock=True)):
            [plan] = plans(encoder, vector, filters)
            assert f"using search_embedding_e{encoder.id}_halfvec" in plan
    assert np.mean(found) >= 0.98
    assert measure_recall(encoder=encoder, sample=20, k=10).recall_mean >= 0.98
    caches["process"].delete(f"quantised:{encoder.pk}")


@pytest.mark.parametrize("filters", [Filters(), Filters(brands=(RARE,))])
def test_a_small_shop_does_without_the_index(shop, encoder, filters, monkeypatch):
    monkeypatch.setattr(searching, "EXACT_BELOW", 8001)
    [(_, vector)] = queries(shop, 1)
    [plan] = plans(encoder, vector, filters)
    assert "_hnsw" not in plan


def test_a_rare_filter_is_searched_exactly(shop, encoder):
    [(_, vector)] = queries(shop, 1)
    *_, plan = plans(encoder, vector, Filters(brands=(RARE,)))
    assert "_hnsw" not in plan


@pytest.mark.parametrize("k", [0, -1, MAX_K + 1, 10_000])
def test_k_is_bounded(shop, encoder, k):
    [(_, vector)] = queries(shop, 1)
    with pytest.raises(ValueError, match=f"1 to {MAX_K} products, not {k}"):
        nearest(vector=vector, encoder=encoder, k=k)


@pytest.mark.parametrize(
    "vector",
    [
        np.full(128, np.nan),
        np.zeros(128),
        np.ones(128),
        np.array([np.inf] + [0] * 127),
        np.eye(3)[0],
    ],
    ids=["NaN", "zero", "long", "infinite", "short"],
)
def test_other_vectors_than_unit_vectors_are_refused(encoder, vector):
    with pytest.raises(BadVector, match="A vector"):
        nearest(vector=vector, encoder=encoder, k=10)


def test_the_shop_has_rare_and_common_values(shop):
    assert len(np.unique(shop.brand)) > BRANDS / 2
    assert 3 <= (shop.brand == RARE).sum() <= 10
    assert shop.colours.sum(axis=1).max() == 3
    assert shop.colours.sum(axis=1).min() >= 1
