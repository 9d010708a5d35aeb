"""The one way to ask for what looks alike; pages and API both call this."""

import secrets
import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.conf import settings
from django.core.cache import cache

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
from search.facets import Facets, count_facets
from search.filters import Filters
from search.models import Embedding, Encoder
from search.nearest import MAX_K, NO_FILTERS, Hit, candidates, nearest

PAGE_SIZE = 24


class QueryExpired(LookupError):
    """The query id is unknown or older than `QUERY_TTL_S`."""


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
    filters: Filters
    hits: list[Hit]
    complete: bool
    took_ms: float
    asked: "_Asked"

    @property
    def count(self) -> int:
        return len(self.hits)

    def page(self, number: int = 1, size: int = PAGE_SIZE) -> list[Match]:
        """The matches of a page; products gone since the search are left out."""
        start = (number - 1) * size
        return matches(hits=self.hits[start : start + size], encoder=self.encoder)

    @cached_property
    def facets(self) -> Facets:
        """Counted when they are looked at: that takes as long as the search."""
        key = f"query:{self.id}:facets:{self.filters.key}"
        facets = cache.get(key)
        if facets is None:
            facets = count_facets(self.filters, self.asked.hits)
            cache.set(key, facets, settings.QUERY_TTL_S)
        return facets


def matches(*, hits: list[Hit], encoder: Encoder) -> list[Match]:
    """Hits with their products and photos, in the same order, in one query."""
    band, version = network_of(encoder).band, encoder.version
    images = (
        ProductImage.objects.filter(product__status=Product.Status.PUBLISHED)
        .select_related("product__category")
        .in_bulk([hit.image_id for hit in hits])
    )
    return [
        Match(image.product, image, hit.distance, band(hit.distance), version)
        for hit in hits
        if (image := images.get(hit.image_id))
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
def search_by_photo(*, photo: bytes, filters: Filters = NO_FILTERS) -> Query:
    """Search with a photo's bytes. Raises `ml.preprocess.PhotoError`, `FilterError`.

    Only the vector outlives the request, under a random id, for `QUERY_TTL_S`.
    """
    started = time.perf_counter()
    filters.check()
    encoder = active_encoder()
    network = network_of(encoder)
    image = read_photo(photo, max_side=network.decode_side)
    asked = _Asked(secrets.token_urlsafe(16), encoder, network.encode([image])[0])
    kept = {"encoder": encoder.pk, "vector": asked.vector}
    hits = asked.ask(filters)
    answers = {f"query:{asked.id}": kept, asked.key(filters): hits}
    cache.set_many(answers, settings.QUERY_TTL_S)
    return _answer(asked, filters, hits, started)


def get_query(*, query_id: str, filters: Filters = NO_FILTERS) -> Query:
    """A kept query behind other filters. Raises `QueryExpired`, `FilterError`."""
    started = time.perf_counter()
    kept = cache.get(f"query:{query_id}")
    encoder = kept and kept_encoders().filter(pk=kept["encoder"]).first()
    if not encoder:
        raise QueryExpired("This search is over an hour old. Send the photo again.")
    filters.check()
    asked = _Asked(query_id, encoder, kept["vector"])
    try:
        return _answer(asked, filters, asked.hits(filters), started)
    except EncoderRetired as error:
        raise QueryExpired(str(error)) from error


@dataclass(frozen=True)
class _Asked:
    id: str
    encoder: Encoder
    vector: np.ndarray

    def key(self, filters: Filters) -> str:
        return f"query:{self.id}:{filters.key}"

    def ask(self, filters: Filters) -> list[Hit]:
        return nearest(
            vector=self.vector, encoder=self.encoder, k=MAX_K, filters=filters
        )

    def hits(self, filters: Filters) -> list[Hit]:
        """From the cache where they were found before, so that pages stay."""
        hits = cache.get(self.key(filters))
        if hits is None:
            hits = self.ask(filters)
            cache.set(self.key(filters), hits, settings.QUERY_TTL_S)
        return hits


def _answer(asked: _Asked, filters: Filters, hits: list[Hit], started: float) -> Query:
    full = len(hits) == MAX_K
    complete = full or len(hits) == _matching(asked.encoder, filters)
    took_ms = round((time.perf_counter() - started) * 1000, 1)
    return Query(asked.id, asked.encoder, filters, hits, complete, took_ms, asked)


def _matching(encoder: Encoder, filters: Filters) -> int:
    return candidates(encoder, filters).values("image__product_id").distinct().count()
