"""The one way to ask for what looks alike; pages and API both call this."""

import secrets
import time
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

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


class Answer(NamedTuple):
    """The best hits. `whole`: there are no more; `complete`: none was missed among
    these."""

    hits: list[Hit]
    whole: bool
    complete: bool


@dataclass(frozen=True)
class Match:
    """A hit as shown: `band` is the encoder's calibrated word, None beyond the last."""

    product: Product
    image: ProductImage
    distance: float
    band: str | None
    encoder: str  # version of the network that the distance is of


class Query:
    """A search: what it asked, and its answer, kept an hour under `id`.

    Pages are cut from one list of hits, so they neither repeat nor skip.
    """

    def __init__(
        self, asked: "_Asked", filters: Filters, answer: Answer, started: float
    ) -> None:
        self.id, self.encoder, self.filters = asked.id, asked.encoder, filters
        self._asked, self._answer, self._started = asked, answer, started

    @property
    def took_ms(self) -> float:
        """Since the search began, at the time of asking."""
        return round((time.perf_counter() - self._started) * 1000, 1)

    @property
    def hits(self) -> list[Hit]:
        """All, at most MAX_K. Raises QueryExpired when they can no longer be found."""
        if not self._answer.whole:
            try:
                self._answer = self._asked.whole(self.filters)
            except EncoderRetired as error:
                raise QueryExpired(str(error)) from error
        return self._answer.hits

    @property
    def complete(self) -> bool:
        """Whether every product that matches has been found, up to the last hit."""
        return self._answer.complete

    @property
    def count(self) -> int | None:
        """Of all hits; None while no more than the first of them have been asked."""
        return len(self._answer.hits) if self._answer.whole else None

    def page(self, number: int = 1, size: int = PAGE_SIZE) -> list[Match]:
        """The matches of a page; products gone since the search are left out."""
        hits = self._upto(number * size)[(number - 1) * size : number * size]
        return matches(hits=hits, encoder=self.encoder)

    def has_more(self, number: int, size: int) -> bool:
        """Whether there is anything beyond a page."""
        return len(self._upto(number * size + 1)) > number * size

    def _upto(self, needed: int) -> list[Hit]:
        """Hits, at least so many if there are."""
        known = self._answer.hits
        return known if len(known) >= needed else self.hits

    @cached_property
    def facets(self) -> Facets:
        """Counted when they are looked at: that takes as long as the search."""
        key = f"query:{self.id}:facets:{self.filters.key}"
        facets = cache.get(key)
        if facets is None:
            facets = count_facets(
                self.filters, lambda filters: self._asked.whole(filters).hits
            )
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
def search_by_photo(
    *, photo: bytes, filters: Filters = NO_FILTERS, first: int | None = None
) -> Query:
    """Search with a photo's bytes. Raises `ml.preprocess.PhotoError`, `ParameterError`.

    Only the vector outlives the request, under a random id, for `QUERY_TTL_S`. With
    `first` no more hits than that are found at once, the others when something asks
    for them: a client that shows one page waits no longer than for that.
    """
    started = time.perf_counter()
    filters.check()
    encoder = active_encoder()
    network = network_of(encoder)
    image = read_photo(photo, max_side=network.decode_side)
    vector = network.encode([image])[0]
    answer = _ask(encoder, vector, filters, first or MAX_K)
    asked = _Asked(secrets.token_urlsafe(16), encoder, vector, filters.key, answer)
    asked.keep()
    return Query(asked, filters, answer, started)


def get_query(*, query_id: str, filters: Filters = NO_FILTERS) -> Query:
    """A kept query behind other filters. Raises `QueryExpired`, `ParameterError`."""
    started = time.perf_counter()
    asked = _Asked.of(query_id)
    filters.check()
    try:
        return Query(asked, filters, asked.whole(filters), started)
    except EncoderRetired as error:
        raise QueryExpired(str(error)) from error


@dataclass(frozen=True)
class _Asked:
    """What is kept under an id: the vector, and the first answer behind the filters
    it was first asked with."""

    id: str
    encoder: Encoder
    vector: np.ndarray
    first_key: str
    first: Answer

    @classmethod
    def of(cls, query_id: str) -> "_Asked":
        """Raises QueryExpired."""
        kept = cache.get(f"query:{query_id}")
        encoder = kept and kept_encoders().filter(pk=kept["encoder"]).first()
        if not encoder:
            raise QueryExpired("This search is over an hour old. Send the photo again.")
        return cls(query_id, **kept | {"encoder": encoder})

    def keep(self) -> None:
        kept = {
            "encoder": self.encoder.pk,
            "vector": self.vector,
            "first_key": self.first_key,
            "first": self.first,
        }
        cache.set(f"query:{self.id}", kept, settings.QUERY_TTL_S)

    def whole(self, filters: Filters) -> Answer:
        """From the cache where it was found before, so that pages stay."""
        first = self.first if filters.key == self.first_key else None
        if first and first.whole:
            return first
        key = f"query:{self.id}:{filters.key}"
        if (kept := cache.get(key)) is not None:
            return kept
        answer = _ask(self.encoder, self.vector, filters, MAX_K)
        if first:
            answer = _continued(first, answer)
        # Who comes second, at the same time, goes by the list of who came first.
        added = cache.add(key, answer, settings.QUERY_TTL_S)
        return answer if added else cache.get(key, answer)


def _continued(first: Answer, whole: Answer) -> Answer:
    """`whole` with what was shown first in its place, whatever came in between."""
    shown = {hit.product_id for hit in first.hits}
    others = [hit for hit in whole.hits if hit.product_id not in shown]
    return whole._replace(hits=[*first.hits, *others][:MAX_K])


def _ask(encoder: Encoder, vector: np.ndarray, filters: Filters, k: int) -> Answer:
    """The k best hits, by `nearest()`; whole with fewer than k, and with MAX_K."""
    hits = nearest(vector=vector, encoder=encoder, k=k, filters=filters)
    short = len(hits) < k
    complete = not short or len(hits) == _matching(encoder, filters)
    return Answer(hits, short or k == MAX_K, complete)


def _matching(encoder: Encoder, filters: Filters) -> int:
    return candidates(encoder, filters).values("image__product_id").distinct().count()
