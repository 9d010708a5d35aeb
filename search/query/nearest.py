"""The k nearest products behind any filter: the only place that orders by distance."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from django.core.cache import caches
from django.db import connection, transaction
from django.db.models import ExpressionWrapper, FloatField, QuerySet, Value
from django.db.models.expressions import Combinable
from pgvector import Vector
from pgvector.django import CosineDistance

from catalog.filters import Filters
from catalog.models import Product
from search.index.encoders import ensure_kept
from search.models import DIMENSION, Embedding, Encoder

# No answer holds more products; more than anyone pages through.
MAX_K = 500
# Photos asked of the index for each product wanted: several may be of one product.
PHOTOS_PER_PRODUCT = 3
# With fewer photos to compare than this, comparing them all is as fast as the index
# and misses none (`python -m bench.filters` prints where the two cross).
EXACT_BELOW = 5000
# Vectors of the same pixels differ in the last digits when they were not encoded in one
# batch; distances of different photos are hardly ever this close.
SAME_DIGITS = 6
NO_FILTERS = Filters()
Row = tuple[int, int, float]  # product, image, distance
# hnsw.ef_search: what a million vectors need (`python -m bench.ann`); pgvector allows
# no more than the second.
MIN_BREADTH, MAX_BREADTH = 470, 1000

_DISTANCE = "vector <=> %s"
_EXACT_DISTANCE = f"({_DISTANCE}) + 0.0"
_AMONG_ALL = """
    SELECT photo.product_id, near.image_id, near.distance, product.status
    FROM (
        SELECT image_id, {distance} AS distance
        FROM search_embedding
        WHERE encoder_id = %s
        ORDER BY distance
        LIMIT %s
    ) near
    JOIN catalog_productimage photo ON photo.id = near.image_id
    JOIN catalog_product product ON product.id = photo.product_id
"""
# OFFSET 0, or every distance is computed twice.
_APART = f"""
    SELECT product_id, image_id, distance
    FROM (
        SELECT *, row_number() OVER (
            PARTITION BY floor(distance * 1e{SAME_DIGITS})
        ) AS number
        FROM ({{rows}} OFFSET 0) AS photo (product_id, image_id, distance)
    ) AS apart
    WHERE number <= %s
    ORDER BY distance
    LIMIT %s
"""


class BadVector(ValueError):
    """What is asked with is no unit vector of the encoder's dimension."""


class Hit(NamedTuple):
    """A product's nearest photo. `distance` is cosine distance, 0..2."""

    product_id: int
    image_id: int
    distance: float


def nearest(
    *,
    vector: np.ndarray,
    encoder: Encoder,
    k: int,
    filters: Filters = NO_FILTERS,
    exclude_product: int | None = None,
    most: int | None = None,
) -> list[Hit]:
    """The min(k, matching) nearest published products, best first, each once.

    Each is found by its nearest photo. A small shop is compared in full; in a larger
    one the HNSW index serves, unless the planner sees that a filter leaves next to
    nothing, and when it comes back short the same rows are asked again exactly. Fewer
    than k hits always means that fewer than k products match. With `most`, of more
    photos at one and the same distance only so many count; all are compared for it.
    Raises ValueError for a k that is not 1..MAX_K, BadVector for NaN and other vectors
    that are not of unit length, and EncoderRetired.
    """
    if not 1 <= k <= MAX_K:
        raise ValueError(f"k is 1 to {MAX_K} products, not {k}.")
    check_vector(vector)
    look = _Look(encoder, vector, filters, exclude_product, most)
    exact = most is not None or is_small(encoder, k)
    hits = _collect(partial(look, exact=True), k) if exact else _by_index(look, k)
    if len(hits) < k and not exact:
        hits = _collect(partial(look, exact=True), k)
    if not hits:
        ensure_kept(encoder)
    return hits


def nearest_of(
    *, vector: np.ndarray, encoder: Encoder, products: Collection[int], filters: Filters
) -> list[Hit]:
    """These products (at most MAX_K) by their nearest photos, best first, each once.

    All of them that pass the filters and have a vector, compared one by one.
    """
    check_vector(vector)
    rows = candidates(encoder, filters).filter(image__product__in=products)
    ordered = ranked(rows, vector, exact=True)
    return _collect(lambda take: list(ordered[:take]), len(products))


def check_vector(vector: np.ndarray) -> None:
    """(DIMENSION,) of unit length, or BadVector."""
    if np.shape(vector) != (DIMENSION,):
        message = f"A vector has {DIMENSION} numbers; this is {np.shape(vector)}."
        raise BadVector(message)
    length = float(np.linalg.norm(vector))
    if not abs(length - 1) < 1e-3:  # NaN fails too
        raise BadVector(f"A vector is of length 1, not {length:.4g}.")


def candidates(encoder: Encoder, filters: Filters) -> QuerySet[Embedding]:
    """What may be found: embedded photos of published products, as filtered."""
    return Embedding.objects.filter(filters.photo_condition("image__"), encoder=encoder)


def is_small(encoder: Encoder, k: int) -> bool:
    """Whether the shop is too small for the index to pay. The more is wanted, the more
    of the index there is to look at. Counts no further than that, once a minute in
    each process: either way of searching is right, one is quicker."""
    limit = max(EXACT_BELOW, 10 * k)
    vectors = Embedding.objects.filter(encoder=encoder)
    known = caches["process"].get_or_set(
        f"small:{encoder.pk}:{limit}",
        lambda: not vectors[limit - 1 : limit].exists(),
        timeout=60,
    )
    return bool(known)


def ranked(
    rows: QuerySet[Embedding], vector: np.ndarray, *, exact: bool
) -> QuerySet[Embedding, Row]:
    """(product, image, distance), nearest first.

    Ordered by the distance alone: a second key would lose the index, and `+ 0` keeps
    the planner off it.
    """
    distance: Combinable = CosineDistance("vector", vector)
    if exact:
        distance = ExpressionWrapper(distance + Value(0.0), output_field=FloatField())
    ordered = rows.annotate(distance=distance).order_by("distance")
    return ordered.values_list("image__product_id", "image_id", "distance")


@dataclass(frozen=True)
class _Look:
    """Call it with a number for that many nearest photos, or as many as there are."""

    encoder: Encoder
    vector: np.ndarray
    filters: Filters
    exclude_product: int | None
    most: int | None = None

    def __call__(self, take: int, *, exact: bool) -> list[Row | None]:
        if self.most is not None:
            return self._apart(take, self.most)
        look = self._behind_filters if self.filters else self._among_all
        return look(take, exact)

    def _behind_filters(self, take: int, exact: bool) -> list[Row | None]:
        return list(self._ranked(exact)[:take])

    def _ranked(self, exact: bool) -> QuerySet[Embedding, Row]:
        rows = candidates(self.encoder, self.filters)
        if self.exclude_product:
            rows = rows.exclude(image__product=self.exclude_product)
        return ranked(rows, self.vector, exact=exact)

    def _apart(self, take: int, most: int) -> list[Row | None]:
        """`most` of each distance. In SQL: the ORM's way of filtering by a window sorts
        the vectors along, four times as slow."""
        rows, parameters = self._ranked(exact=True).order_by().query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(_APART.format(rows=rows), [*parameters, most, take])
            return cursor.fetchall()

    def _among_all(self, take: int, exact: bool) -> list[Row | None]:
        """Nearly all may be shown: to find the nearest and then see which of them may
        takes a third of the time of seeing to all before. None for one that may not.

        In SQL: every search asks this, and the ORM takes as long to write it as
        Postgres to answer.
        """
        sql = _AMONG_ALL.format(distance=_EXACT_DISTANCE if exact else _DISTANCE)
        vector = Vector(self.vector).to_text()
        with connection.cursor() as cursor:
            cursor.execute(sql, [vector, self.encoder.pk, take])
            found = cursor.fetchall()
        return [
            (product, image, distance)
            if status == Product.Status.PUBLISHED and product != self.exclude_product
            else None
            for product, image, distance, status in found
        ]


@transaction.atomic
def _by_index(look: _Look, k: int) -> list[Hit]:
    """May come back short."""
    set_breadth(k)
    return _collect(partial(look, exact=False), k)


def set_breadth(k: int) -> None:
    """Have the index look at more of its graph the more is wanted.

    Relaxed order, set right in `_collect`, also gives what strict order throws away
    because it came late: 500 of 100,000 with recall .998 instead of .978. For the
    transaction only, and not by the connection: that would not reach other nodes.
    """
    breadth = min(max(MIN_BREADTH, k * PHOTOS_PER_PRODUCT), MAX_BREADTH)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('hnsw.ef_search', %s, true),"
            " set_config('hnsw.iterative_scan', 'relaxed_order', true)",
            [str(breadth)],
        )


def _collect(look: Callable[[int], Sequence[Row | None]], k: int) -> list[Hit]:
    """Best photo of each product, from as many rows as k products need.

    Grouped here: DISTINCT ON would lose the index.
    """
    take = k + k // 4
    while True:
        found = look(take)
        best: dict[int, Hit] = {}
        for row in sorted(filter(None, found), key=itemgetter(2)):
            best.setdefault(row[0], Hit(*row))
        if len(best) >= k or len(found) < take:
            return list(best.values())[:k]
        take *= PHOTOS_PER_PRODUCT
