"""Find the nearest products behind any filter; nothing else orders by distance."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction
from django.db.models import ExpressionWrapper, F, FloatField, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from pgvector import HalfVector, Vector
from pgvector.django import CosineDistance, HalfVectorField

from catalog.filters import Filters
from catalog.models import Product
from search.index.encoders import raise_if_retired
from search.index.partitions import QUANTISED, is_quantised
from search.models import DIMENSION, Embedding, Encoder

# No list holds more products; nobody pages through more.
MAX_K = 500
# Photos fetched for each product wanted, since several may show one product.
PHOTOS_PER_PRODUCT = 3
# Photos compared exactly for each one wanted, where the index ranks coarsely.
RERANKED = 2
# With fewer photos than this an exact comparison is as fast as the index and misses
# none (`python -m bench.filters` prints where the two cross).
EXACT_BELOW = 5000
# Vectors of the same pixels differ in the last digits when they were encoded in
# different batches; distances of different photos are hardly ever this close.
SAME_DIGITS = 6
NO_FILTERS = Filters()
# hnsw.ef_search: the first is what a million vectors need (`python -m bench.ann`), the
# second is pgvector's own limit.
MIN_BREADTH, MAX_BREADTH = 470, 1000
# hnsw.max_scan_tuples: where the photos that pass the filters are rare or far away, an
# exact comparison of them takes a fraction of the time of a longer walk.
MAX_WALKED = 5000

# By distance -> what is ordered by. The planner cannot use the index for `+ 0`.
_DISTANCE = "vector <=> %(vector)s"
_ORDERS = {
    "exact": (f"({_DISTANCE}) + 0.0", "distance"),
    "index": (_DISTANCE, "distance"),
    "quantised": (_DISTANCE, f"{QUANTISED} <=> %(vector)s"),
}
_UNFILTERED = """
    SELECT photo.product_id, near.image_id, near.distance, product.status
    FROM (
        SELECT image_id, {distance} AS distance
        FROM search_embedding
        WHERE encoder_id = %(encoder)s
        ORDER BY {order}
        LIMIT %(limit)s
    ) near
    JOIN catalog_productimage photo ON photo.id = near.image_id
    JOIN catalog_product product ON product.id = photo.product_id
"""
# Without OFFSET 0 Postgres computes every distance twice.
_LIMITED_PER_DISTANCE = f"""
    SELECT product_id, image_id, distance
    FROM (
        SELECT *, row_number() OVER (
            PARTITION BY floor(distance * 1e{SAME_DIGITS})
        ) AS number
        FROM ({{rows}} OFFSET 0) AS photo (product_id, image_id, distance)
    ) AS numbered
    WHERE number <= %s
    ORDER BY distance
    LIMIT %s
"""

Row = tuple[int, int, float]  # product id, image id, distance


class BadVector(ValueError):
    """A query vector that has another dimension or is not of unit length."""


class Hit(NamedTuple):
    """A product found by one of its photos. `distance` is a cosine distance, 0..2.

    Hits of `nearest` have both. A product found by words alone has no distance where
    there is no vector to compare, and no image where it has no photo.
    """

    product_id: int
    image_id: int | None
    distance: float | None


def nearest(
    *,
    vector: np.ndarray,
    encoder: Encoder,
    k: int,
    filters: Filters = NO_FILTERS,
    exclude_product: int | None = None,
    max_per_distance: int | None = None,
) -> list[Hit]:
    """Return the k nearest published products, best first, each by its nearest photo.

    A small shop is compared in full. In a larger one the HNSW index serves, and where
    it comes back short the search is repeated exactly: fewer than k hits always
    means that fewer than k products match. With `max_per_distance` only that many
    photos at one and the same distance count, which needs an exact comparison.

    Raises ValueError for a k outside 1..MAX_K, BadVector, and EncoderRetired.
    """
    if not 1 <= k <= MAX_K:
        raise ValueError(f"k is 1 to {MAX_K} products, not {k}.")
    check_vector(vector)
    fetch = _NearestPhotos(encoder, vector, filters, exclude_product, max_per_distance)
    exact = max_per_distance is not None or is_small(encoder, k)
    hits: list[Hit] = []
    if not exact:
        hits = _search_index(fetch, k)
    if len(hits) < k:
        hits = _group_by_product(partial(fetch, way="exact"), k, k + k // 4)
    if not hits:
        raise_if_retired(encoder)
    return hits


def nearest_among(
    products: Collection[int],
    *,
    vector: np.ndarray,
    encoder: Encoder,
    filters: Filters = NO_FILTERS,
) -> list[Hit]:
    """Return those of the products that pass the filters and have a vector, best first.

    All are compared, so there may be at most MAX_K.
    """
    if not products:
        return []
    check_vector(vector)
    rows = candidates(encoder, filters).filter(image__product__in=products)
    ordered = order_by_distance(rows, vector, "exact")
    k = len(products)
    return _group_by_product(lambda limit: list(ordered[:limit]), k, k + k // 4)


def check_vector(vector: np.ndarray) -> None:
    if np.shape(vector) != (DIMENSION,):
        message = f"A vector has {DIMENSION} numbers; this is {np.shape(vector)}."
        raise BadVector(message)
    length = float(np.linalg.norm(vector))
    if not abs(length - 1) < 1e-3:  # NaN fails too
        raise BadVector(f"A vector is of length 1, not {length:.4g}.")


def candidates(encoder: Encoder, filters: Filters) -> QuerySet[Embedding]:
    return Embedding.objects.filter(filters.photo_condition("image__"), encoder=encoder)


def is_small(encoder: Encoder, k: int) -> bool:
    """Return whether an exact comparison is as fast as the index for k products.

    Counted no further than that, and once a minute in each process: both ways give
    right answers, one is quicker.
    """
    limit = max(EXACT_BELOW, 10 * k)
    vectors = Embedding.objects.filter(encoder=encoder)
    known = caches["process"].get_or_set(
        f"small:{encoder.pk}:{limit}",
        lambda: not vectors[limit - 1 : limit].exists(),
        timeout=60,
    )
    return bool(known)


def order_by_distance(
    rows: QuerySet[Embedding], vector: np.ndarray, way: str
) -> QuerySet[Embedding, Row]:
    """Order by distance: "exact", by the "index", or by a "quantised" one."""
    distance: Combinable = CosineDistance("vector", vector)
    order: Combinable = F("distance")
    if way == "exact":
        distance = ExpressionWrapper(distance + Value(0.0), output_field=FloatField())
    elif way == "quantised":
        halves = Cast("vector", HalfVectorField(dimensions=DIMENSION))
        order = CosineDistance(halves, HalfVector(vector))
    # By the distance alone: a second key would lose the index.
    ordered = rows.annotate(distance=distance).order_by(order)
    return ordered.values_list("image__product_id", "image_id", "distance")


def index_way(encoder: Encoder) -> str:
    return "quantised" if is_quantised(encoder.pk) else "index"


def set_search_breadth(k: int, using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the index look at more of its graph the more products are wanted.

    Relaxed order also returns what strict order throws away because it came late: 500
    of 100,000 with recall .998 instead of .978. `_group_by_product` sorts. Set for the
    transaction, not the connection: other nodes of a cluster see only the former.
    """
    breadth = min(max(MIN_BREADTH, k * PHOTOS_PER_PRODUCT), MAX_BREADTH)
    with connections[using].cursor() as cursor:
        # Not set_config(): a cluster passes on only SET LOCAL to its nodes.
        cursor.execute(
            f"SET LOCAL hnsw.ef_search = {breadth};"
            f" SET LOCAL hnsw.max_scan_tuples = {MAX_WALKED};"
            " SET LOCAL hnsw.iterative_scan = relaxed_order"
        )


def _search_index(fetch: "_NearestPhotos", k: int) -> list[Hit]:
    using, way = Embedding.objects.db, index_way(fetch.encoder)
    first = k * RERANKED if way == "quantised" else k + k // 4
    try:
        with transaction.atomic(using):
            set_search_breadth(k, using)
            return _group_by_product(partial(fetch, way=way), k, first)
    except OperationalError:
        # A replica that was lost has left its queries to the primary.
        if Embedding.objects.db == using:
            raise
    return _search_index(fetch, k)


@dataclass(frozen=True)
class _NearestPhotos:
    """Call it with a limit for that many nearest photos, or as many as there are.

    None stands for a photo that may not be shown.
    """

    encoder: Encoder
    vector: np.ndarray
    filters: Filters
    exclude_product: int | None
    max_per_distance: int | None

    def __call__(self, limit: int, *, way: str) -> list[Row | None]:
        if self.max_per_distance is not None:
            return self._limited_per_distance(limit, self.max_per_distance)
        if not self.filters:
            return self._unfiltered(limit, way)
        return list(self._filtered(way)[:limit])

    def _filtered(self, way: str) -> QuerySet[Embedding, Row]:
        rows = candidates(self.encoder, self.filters)
        if self.exclude_product:
            rows = rows.exclude(image__product=self.exclude_product)
        return order_by_distance(rows, self.vector, way)

    def _limited_per_distance(self, limit: int, number: int) -> list[Row | None]:
        # In SQL: the ORM's way of filtering by a window sorts the vectors too, which
        # takes four times as long.
        rows, values = self._filtered("exact").order_by().query.sql_with_params()
        with connections[Embedding.objects.db].cursor() as cursor:
            sql = _LIMITED_PER_DISTANCE.format(rows=rows)
            cursor.execute(sql, [*values, number, limit])
            return cursor.fetchall()

    def _unfiltered(self, limit: int, way: str) -> list[Row | None]:
        # Nearly all products may be shown, so that it takes a third of the time to
        # find the nearest first and check them afterwards. In SQL: every search runs
        # this, and the ORM takes as long to write it as Postgres to answer.
        distance, order = _ORDERS[way]
        sql = _UNFILTERED.format(distance=distance, order=order)
        vector, encoder = Vector(self.vector).to_text(), self.encoder.pk
        with connections[Embedding.objects.db].cursor() as cursor:
            cursor.execute(sql, {"vector": vector, "encoder": encoder, "limit": limit})
            rows = cursor.fetchall()
        return [
            (product, image, distance)
            if status == Product.Status.PUBLISHED and product != self.exclude_product
            else None
            for product, image, distance, status in rows
        ]


def _group_by_product(
    fetch: Callable[[int], Sequence[Row | None]], k: int, limit: int
) -> list[Hit]:
    """Return the k best, from `limit` photos or as many as that takes."""
    while True:
        rows = fetch(limit)
        best: dict[int, Hit] = {}
        # Grouped here: DISTINCT ON would lose the index.
        for row in sorted(filter(None, rows), key=itemgetter(2)):
            best.setdefault(row[0], Hit(*row))
        if len(best) >= k or len(rows) < limit:
            return list(best.values())[:k]
        limit *= PHOTOS_PER_PRODUCT
