"""The one way to ask for what looks alike; pages and API both call this."""

import secrets
import time
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.core.cache import cache
from django.db.models import ExpressionWrapper, FloatField, QuerySet, Value
from django.db.models.expressions import Combinable
from pgvector.django import CosineDistance

from catalog.models import Product, ProductImage
from ml.preprocess import read_photo
from search.encoders import (
    EncoderRetired,
    active_encoder,
    again_if_retired,
    ensure_kept,
    kept_encoders,
    network_of,
)
from search.models import Embedding, Encoder

# A query keeps this many products; more than anyone pages through.
CANDIDATES = 500
PAGE_SIZE = 24
# Photos asked of the index for each product wanted: several may be of one product.
PHOTOS_PER_PRODUCT = 3


class QueryExpired(LookupError):
    """The query id is unknown or older than `QUERY_TTL_S`."""


@dataclass(frozen=True)
class Hit:
    """A product's nearest photo. `distance` is cosine distance, 0..2."""

    product_id: int
    image_id: int
    distance: float


@dataclass(frozen=True)
class Match:
    """A hit as shown: `band` is the encoder's calibrated word, None beyond the last."""

    product: Product
    image: ProductImage
    distance: float
    band: str | None
    encoder: str  # version of the network that the distance is of


@dataclass(frozen=True)
class Query:
    """A photo search: what it asked, and its answer, kept an hour under `id`.

    Pages are cut from one list of hits, so they neither repeat nor skip.
    """

    id: str
    encoder: Encoder
    vector: np.ndarray  # (dimension,) float32, unit length
    category: str | None
    hits: list[Hit]
    complete: bool
    took_ms: float

    @property
    def count(self) -> int:
        return len(self.hits)

    def page(self, number: int = 1, size: int = PAGE_SIZE) -> list[Match]:
        """The matches of a page; products gone since the search are left out."""
        start = (number - 1) * size
        return matches(hits=self.hits[start : start + size], encoder=self.encoder)


def nearest(
    *,
    vector: np.ndarray,
    encoder: Encoder,
    k: int,
    category: str | None = None,
    exclude_product: int | None = None,
) -> list[Hit]:
    """The k nearest published products, best first, each by its nearest photo.

    The only place that orders by distance. When the HNSW index comes back short, as
    it does behind a narrow filter, the same rows are asked again exactly, so fewer
    than k hits means that fewer than k products match. Raises EncoderRetired.
    """
    rows = _candidate_rows(encoder, category, exclude_product)
    distance = CosineDistance("vector", vector)
    hits = _collect(rows, distance, k)
    if len(hits) < k:
        # `+ 0` keeps the planner off the index.
        exact = ExpressionWrapper(distance + Value(0.0), output_field=FloatField())
        hits = _collect(rows, exact, k)
    if not hits:
        ensure_kept(encoder)
    return hits


def _candidate_rows(
    encoder: Encoder, category: str | None, exclude_product: int | None
) -> QuerySet[Embedding]:
    rows = Embedding.objects.filter(
        encoder=encoder, image__product__status=Product.Status.PUBLISHED
    )
    if category:
        rows = rows.filter(image__product__category__slug=category)
    if exclude_product:
        rows = rows.exclude(image__product=exclude_product)
    return rows


def _collect(rows: QuerySet[Embedding], distance: Combinable, k: int) -> list[Hit]:
    """Best photo of each product, from as many rows as k products need.

    Grouped here, not by DISTINCT ON, and ordered by the distance alone: either would
    lose the index.
    """
    ordered = (
        rows.annotate(distance=distance)
        .order_by("distance")
        .values_list("image__product_id", "image_id", "distance")
    )
    take = k * PHOTOS_PER_PRODUCT
    while True:
        found = list(ordered[:take])
        best: dict[int, Hit] = {}
        for product_id, image_id, away in found:
            best.setdefault(product_id, Hit(product_id, image_id, away))
        if len(best) >= k or len(found) < take:
            return list(best.values())[:k]
        take *= 4


def matches(*, hits: list[Hit], encoder: Encoder) -> list[Match]:
    """Hits with their products and photos, in the same order, in three queries."""
    band, version = network_of(encoder).band, encoder.version
    products = (
        Product.objects.published().with_photos().in_bulk([h.product_id for h in hits])
    )
    return [
        Match(
            products[hit.product_id], image, hit.distance, band(hit.distance), version
        )
        for hit in hits
        if hit.product_id in products
        for image in products[hit.product_id].images.all()
        if image.id == hit.image_id
    ]


@again_if_retired
def similar_products(*, product: Product, limit: int = 12) -> list[Match]:
    """Products that look like this one, never itself; [] while it has no vector."""
    encoder = active_encoder()
    own = Embedding.objects.filter(encoder=encoder, image__product=product)
    vector = (
        own.order_by("image__position", "image_id")
        .values_list("vector", flat=True)
        .first()
    )
    if vector is None:
        ensure_kept(encoder)
        return []
    hits = nearest(vector=vector, encoder=encoder, k=limit, exclude_product=product.id)
    return matches(hits=hits, encoder=encoder)


def is_pending(*, product: Product) -> bool:
    """Whether the product has photos and none of them has a vector yet."""
    own = Embedding.objects.filter(encoder=active_encoder(), image__product=product)
    return product.cover is not None and not own.exists()


@again_if_retired
def search_by_photo(*, photo: bytes, category: str | None = None) -> Query:
    """Search with a photo's bytes. Raises `ml.preprocess.PhotoError`.

    Only the vector outlives the request, under a random id, for `QUERY_TTL_S`.
    """
    started = time.perf_counter()
    encoder = active_encoder()
    network = network_of(encoder)
    image = read_photo(photo, max_side=network.decode_side)
    vector = network.encode([image])[0]
    return _ask(secrets.token_urlsafe(16), encoder, vector, category, started)


def get_query(*, query_id: str, category: str | None = None) -> Query:
    """A kept query, narrowed to a category. Raises `QueryExpired`."""
    started = time.perf_counter()
    kept = cache.get(f"query:{query_id}")
    encoder = kept and kept_encoders().filter(pk=kept["encoder"]).first()
    if not encoder:
        raise QueryExpired("This search is over an hour old. Send the photo again.")
    answer = cache.get(_answer_key(query_id, category))
    if answer:
        return Query(query_id, encoder, kept["vector"], category, *answer)
    try:
        return _ask(query_id, encoder, kept["vector"], category, started)
    except EncoderRetired as error:
        raise QueryExpired(str(error)) from error


def _ask(
    query_id: str,
    encoder: Encoder,
    vector: np.ndarray,
    category: str | None,
    started: float,
) -> Query:
    hits = nearest(vector=vector, encoder=encoder, k=CANDIDATES, category=category)
    complete = len(hits) == CANDIDATES or len(hits) == _matching(encoder, category)
    took_ms = round((time.perf_counter() - started) * 1000, 1)
    kept = {"encoder": encoder.pk, "vector": vector}
    answer = (hits, complete, took_ms)
    cache.set(f"query:{query_id}", kept, settings.QUERY_TTL_S)
    cache.set(_answer_key(query_id, category), answer, settings.QUERY_TTL_S)
    return Query(query_id, encoder, vector, category, *answer)


def _answer_key(query_id: str, category: str | None) -> str:
    return f"query:{query_id}:{category or ''}"


def _matching(encoder: Encoder, category: str | None) -> int:
    rows = _candidate_rows(encoder, category, None)
    return rows.values("image__product_id").distinct().count()
