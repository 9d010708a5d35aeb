"""The one way to ask for what looks alike; pages and API both call this."""

import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property, partial

from django.conf import settings
from django.core.cache import cache

from catalog.facet_counts import FacetCounts
from catalog.filters import ParameterError
from catalog.listing import PAGE_SIZE
from catalog.models import Product
from search.index.encoders import (
    EncoderRetired,
    NoActiveEncoder,
    active_encoder,
    again_if_retired,
    ensure_kept,
    kept_encoders,
)
from search.models import Embedding, Encoder, Photo
from search.query.facets import count_found
from search.query.near_duplicates import beyond_flood, without_flood
from search.query.nearest import MAX_K, nearest
from search.query.ranking import Answer, Found, Question
from search.query.refinement import NO_WISH, Wish
from search.query.results import Match, matches
from search.query.start import NOTHING, Origin, Start, image_of, look_at

# Answers kept of one search, each some 12 KB. One page with facets needs six.
MOST_REFINED = 64


class QueryExpired(LookupError):
    """The query id is unknown or older than `QUERY_TTL_S`."""


class Query:
    """A search: what it asked, and its answer, kept an hour under `id`.

    Pages are cut from one list of hits, so they neither repeat nor skip.
    """

    def __init__(
        self, asked: "_Asked", wish: Wish, answer: Answer, started: float
    ) -> None:
        self.id, self.wish, self.origin = asked.id, wish, asked.origin
        self.encoder = asked.question.encoder
        self._asked, self._answer, self._started = asked, answer, started

    @property
    def took_ms(self) -> float:
        """Since the search began, at the time of asking."""
        return round((time.perf_counter() - self._started) * 1000, 1)

    @property
    def hits(self) -> list[Found]:
        """All, at most MAX_K. Raises QueryExpired when they can no longer be found."""
        if not self._answer.whole:
            self._answer = self._asked.whole(self.wish)
        return self._answer.hits

    @property
    def complete(self) -> bool:
        """Whether every product that matches has been found, up to the last hit."""
        return self._answer.complete

    @property
    def by_words(self) -> int | None:
        """How many products the words found; None without words."""
        return self._answer.by_words

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

    def _upto(self, needed: int) -> list[Found]:
        """Hits, at least so many if there are."""
        known = self._answer.hits
        return known if len(known) >= needed else self.hits

    @cached_property
    def asked_with(self) -> Match | None:
        """The product's photo that was asked with, while it is in the shop."""
        origin = self.origin
        if origin.product_id is None:
            return None
        found = Found(origin.product_id, origin.image_id, None)
        return next(iter(matches(hits=[found], encoder=self.encoder)), None)

    @cached_property
    def facets(self) -> FacetCounts:
        """Counted when they are looked at: that takes as long as the search.

        Raises QueryExpired.
        """
        key = f"{self._asked.key_of(self.wish)}:facets"
        facets = cache.get(key)
        if facets is None:
            facets = count_found(
                self.wish.filters,
                lambda filters: (
                    self._asked.whole(replace(self.wish, filters=filters)).hits
                ),
            )
            cache.set(key, facets, settings.QUERY_TTL_S)
        return facets


@again_if_retired
def similar_products(*, product: Product, limit: int = 12) -> list[Match]:
    """Products that look like this one, never itself; [] while it has no vector.

    The nearest that there are, those beyond the last band too, where a search stops:
    on a product's page they are a way to go on, not an answer.
    """
    encoder = active_encoder()
    own = Embedding.objects.of_first_photos(encoder).filter(image__product=product)
    vector = own.values_list("vector", flat=True).first()
    if vector is None:
        ensure_kept(encoder)
        return []
    look = partial(nearest, vector=vector, encoder=encoder, exclude_product=product.id)
    hits = without_flood(beyond_flood(look, limit))
    return matches(hits=hits[:limit], encoder=encoder)


def is_unseen(*, product: Product) -> bool:
    """Whether the product has photos and none of them has a vector."""
    own = Embedding.objects.filter(encoder=active_encoder(), image__product=product)
    return product.cover is not None and not own.exists()


def is_pending(*, product: Product) -> bool:
    """Whether it is unseen and that will change: not all of its photos have failed."""
    return is_unseen(product=product) and has_pending_photos(product)


def has_pending_photos(product: Product) -> bool:
    """Whether the encoder is still to see some photo, none that has failed."""
    photos = Photo.objects.filter(product=product)
    try:
        return photos.pending(active_encoder()).exists()
    except NoActiveEncoder:
        return photos.exists()


@again_if_retired
def start_search(
    start: Start = NOTHING, wish: Wish = NO_WISH, *, first: int | None = None
) -> Query:
    """Search with whatever was given. Raises `ml.preprocess.PhotoError`,
    `AddressError` and `ParameterError`.

    Only the vector and where it came from outlive the request, under a random id, for
    `QUERY_TTL_S`. With `first` no more hits than that are found at once, the others
    when something asks for them: a client that shows one page waits no longer than
    for that.
    """
    started = time.perf_counter()
    if not start and not wish.words and not wish.like:
        message = "Choose a photo first, or say in words what you are looking for."
        raise ParameterError("photo", "required", message)
    wish.filters.check()
    encoder = active_encoder()
    vector, origin = look_at(start, encoder)
    question = Question(encoder, vector, origin.product_id)
    answer = question.answer(wish, first or MAX_K)
    query_id = secrets.token_urlsafe(16)
    asked = _Asked(query_id, question, origin, wish.key, answer)
    asked.keep()
    return Query(asked, wish, answer, started)


def product_picture(start: Start) -> Match | None:
    """The product's photo that a search would start from; None without a product.

    Raises ParameterError.
    """
    if not start.product:
        return None
    image = image_of(start)
    found = Found(image.product_id, image.pk, None)
    return next(iter(matches(hits=[found], encoder=active_encoder())), None)


def get_query(*, query_id: str, wish: Wish = NO_WISH) -> Query:
    """A kept query, refined. Raises `QueryExpired`, `ParameterError`."""
    started = time.perf_counter()
    wish.filters.check()
    asked = _Asked.of(query_id)
    return Query(asked, wish, asked.whole(wish), started)


def kept_origins(query_ids: Collection[str]) -> dict[str, tuple[str, Origin]]:
    """Of those that are still kept, the encoder's version and where they came from."""
    kept = cache.get_many([f"query:{each}" for each in query_ids])
    versions = dict(Encoder.objects.values_list("pk", "version"))
    return {
        key.removeprefix("query:"): (versions.get(encoder, ""), origin)
        for key, (encoder, _, origin, *_) in kept.items()
    }


@dataclass(frozen=True)
class _Asked:
    """What is kept under an id: the question, and the first answer to the wish that it
    came with."""

    id: str
    question: Question
    origin: Origin
    first_key: str
    first: Answer

    @classmethod
    def of(cls, query_id: str) -> "_Asked":
        """Raises QueryExpired."""
        kept = cache.get(f"query:{query_id}")
        encoder = kept and kept_encoders().filter(pk=kept[0]).first()
        if not encoder:
            raise QueryExpired(
                "This search is over an hour old. Ask again, with the same photo: what"
                " stands in this address still holds."
            )
        _, vector, origin, *first = kept
        question = Question(encoder, vector, origin.product_id)
        return cls(query_id, question, origin, *first)

    def keep(self) -> None:
        encoder, vector = self.question.encoder.pk, self.question.vector
        kept = (encoder, vector, self.origin, self.first_key, self.first)
        cache.set(f"query:{self.id}", kept, settings.QUERY_TTL_S)

    def whole(self, wish: Wish) -> Answer:
        """From the cache where it was found before, so that pages stay.

        Raises QueryExpired when the encoder was retired since.
        """
        first = self.first if wish.key == self.first_key else None
        if first and first.whole:
            return first
        key = self.key_of(wish)
        if (kept := cache.get(key)) is not None:
            return kept
        try:
            answer = self.question.answer(wish)
        except EncoderRetired as error:
            raise QueryExpired(str(error)) from error
        if first:
            answer = _continued(first, answer)
        # Who comes second, at the same time, goes by the list of who came first.
        if not cache.add(key, answer, settings.QUERY_TTL_S):
            return cache.get(key, answer)
        self._make_room(key)
        return answer

    def key_of(self, wish: Wish) -> str:
        return f"query:{self.id}:{wish.key}"

    def _make_room(self, key: str) -> None:
        """Forget the oldest answer for this one: who follows every link of the results
        must not fill the cache."""
        number = f"query:{self.id}:number"
        cache.add(number, 0, settings.QUERY_TTL_S)
        place = f"{number}:{cache.incr(number) % MOST_REFINED}"
        if oldest := cache.get(place):
            cache.delete_many([oldest, f"{oldest}:facets"])
        cache.set(place, key, settings.QUERY_TTL_S)


def _continued(first: Answer, whole: Answer) -> Answer:
    """`whole` with what was shown first in its place, whatever came in between."""
    shown = {hit.product_id for hit in first.hits}
    others = [hit for hit in whole.hits if hit.product_id not in shown]
    return whole._replace(hits=[*first.hits, *others][:MAX_K])
