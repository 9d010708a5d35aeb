"""Start a search, and find its pages and refinements again under its id."""

import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.error_codes import ErrorCode
from catalog.facet_counts import FacetCounts, FacetQuery
from catalog.filters import ParameterError
from catalog.listing import PAGE_SIZE
from search.index.encoders import (
    EncoderRetired,
    active_encoder,
    live_encoders,
    retry_if_retired,
)
from search.models import Encoder
from search.query.facets import count_search_facets
from search.query.nearest import MAX_K, Hit
from search.query.ranking import Ranking, VectorQuery
from search.query.refinement import NO_REFINEMENT, Refinement
from search.query.results import Result, load_results
from search.query.start import (
    NO_START,
    NoGarment,
    Origin,
    Start,
    encode_start,
    find_image,
)

__all__ = [
    "KeptSearch",
    "NoGarment",
    "QueryExpired",
    "find_start_picture",
    "get_search",
    "kept_origins",
    "kept_time",
    "start_search",
]

# Rankings kept of one search, some 12 KB each. One page with facets needs six.
MAX_RANKINGS = 64


class QueryExpired(LookupError):
    """The query id is unknown or older than `QUERY_TTL_S`."""


@dataclass
class KeptSearch:
    """A search that is kept in the cache for `QUERY_TTL_S` under its id.

    Pages are cut from one ranking, so they neither repeat nor skip a product. Methods
    may search and raise QueryExpired; properties tell what is known already.
    """

    id: str
    query: VectorQuery
    origin: Origin
    refinement: Refinement
    ranking: Ranking
    # The refinement the search started with, and the ranking found then.
    first_key: str
    first_ranking: Ranking
    started: float = field(default_factory=time.perf_counter)

    @property
    def encoder(self) -> Encoder:
        return self.query.encoder

    @property
    def took_ms(self) -> float:
        return round((time.perf_counter() - self.started) * 1000, 1)

    @property
    def count(self) -> int | None:
        """Return the number of hits; None while only the first have been found."""
        return len(self.ranking.hits) if self.ranking.whole else None

    @property
    def close_enough(self) -> bool:
        """Return whether any hit is within the last band, or what weights make of it.

        Hits found by words alone may lie beyond it.
        """
        comparison = self.ranking.comparison
        return comparison is not None and any(
            comparison.is_similar(hit.distance) for hit in self.ranking.hits
        )

    def all_hits(self) -> list[Hit]:
        if not self.ranking.whole:
            self.ranking = self._find_ranking(self.refinement)
        return self.ranking.hits

    def results_page(self, number: int = 1, size: int = PAGE_SIZE) -> list[Result]:
        """Return a page of results without the products gone since the search."""
        hits = self._find_hits(number * size)[(number - 1) * size : number * size]
        comparison = self.ranking.comparison
        return load_results(hits=hits, encoder=self.encoder, comparison=comparison)

    def has_page_after(self, number: int, size: int) -> bool:
        return len(self._find_hits(number * size + 1)) > number * size

    def _find_hits(self, needed: int) -> list[Hit]:
        known = self.ranking.hits
        return known if len(known) >= needed else self.all_hits()

    def load_start_picture(self) -> Result | None:
        if self.origin.product_id is None:
            return None
        hit = Hit(self.origin.product_id, self.origin.image_id, None)
        return next(iter(load_results(hits=[hit], encoder=self.encoder)), None)

    def count_facets(self, query: FacetQuery | None = None) -> FacetCounts:
        """Count the facets, which takes up to six searches, or as long as one."""
        key = f"{self._cache_key(self.refinement)}:facets"
        key += f":{sha256(repr(query).encode()).hexdigest()}" if query else ""
        facets = cache.get(key)
        if facets is None:
            facets = count_search_facets(
                self.refinement.filters,
                lambda filters: (
                    self._find_ranking(replace(self.refinement, filters=filters)).hits
                ),
                query,
            )
            cache.set(key, facets, settings.QUERY_TTL_S)
        return facets

    def refine(self, refinement: Refinement) -> None:
        self.ranking = self._find_ranking(refinement)
        self.refinement = refinement

    def _find_ranking(self, refinement: Refinement) -> Ranking:
        is_first = refinement.key == self.first_key
        if is_first and self.first_ranking.whole:
            return self.first_ranking
        key = self._cache_key(refinement)
        if (kept := cache.get(key)) is not None:
            return kept
        try:
            ranking = self.query.rank(refinement)
        except EncoderRetired as error:
            raise QueryExpired(str(error)) from error
        if is_first:
            ranking = _continue(self.first_ranking, ranking)
        # On a race, the first stored ranking wins.
        if not cache.add(key, ranking, settings.QUERY_TTL_S):
            return cache.get(key, ranking)
        self._forget_oldest_ranking(key)
        return ranking

    def _cache_key(self, refinement: Refinement) -> str:
        return f"query:{self.id}:{refinement.key}"

    def _forget_oldest_ranking(self, key: str) -> None:
        """Keep a robot that follows every link from filling the cache."""
        number = f"query:{self.id}:number"
        cache.add(number, 0, settings.QUERY_TTL_S)
        slot = f"{number}:{cache.incr(number) % MAX_RANKINGS}"
        if oldest := cache.get(slot):
            cache.delete_many([oldest, f"{oldest}:facets"])
        cache.set(slot, key, settings.QUERY_TTL_S)


@retry_if_retired
def start_search(
    start: Start = NO_START,
    refinement: Refinement = NO_REFINEMENT,
    *,
    first: int | None = None,
) -> KeptSearch:
    """Search, and keep the vector and its origin under a random id.

    With `first` only that many hits are found now, the others when they are needed.
    Raises PhotoError, AddressError, ParameterError, EncoderError and NoActiveEncoder.
    """
    started = time.perf_counter()
    if not start and not refinement.words and not refinement.like:
        message = _("Choose a photo first, or say in words what you are looking for.")
        raise ParameterError("photo", "required", message)
    refinement.filters.check()
    encoder = active_encoder()
    vectors, origin = encode_start(start, encoder)
    vector = _vector_of(vectors, refinement.garment)
    query = VectorQuery(encoder, vector, origin.product_id)
    ranking = query.rank(refinement, first or MAX_K)
    id_, key = secrets.token_urlsafe(16), refinement.key
    kept = (encoder.pk, vectors, origin, key, ranking)
    cache.set(f"query:{id_}", kept, settings.QUERY_TTL_S)
    return KeptSearch(id_, query, origin, refinement, ranking, key, ranking, started)


def get_search(*, query_id: str, refinement: Refinement = NO_REFINEMENT) -> KeptSearch:
    """Return a kept search, refined. Raises QueryExpired and ParameterError."""
    started = time.perf_counter()
    refinement.filters.check()
    kept = cache.get(f"query:{query_id}")
    encoder = kept and live_encoders().filter(pk=kept[0]).first()
    if not encoder:
        raise QueryExpired(
            f"A search is kept for {kept_time()}, and this one has expired. Search"
            " again with the same photo; the other parameters are still valid."
        )
    vectors, origin, key, first = kept[1:]
    vector = _vector_of(vectors, refinement.garment)
    query = VectorQuery(encoder, vector, origin.product_id)
    search = KeptSearch(query_id, query, origin, refinement, first, key, first, started)
    search.refine(refinement)
    return search


def _vector_of(vectors: np.ndarray | None, garment: int) -> np.ndarray | None:
    """Return the vector of a garment, counted from 1. Raises ParameterError."""
    count = 0 if vectors is None else len(vectors)
    if garment > max(1, count):
        message = _("The picture has %d garments to choose from.") % count
        raise ParameterError("garment", ErrorCode.UNKNOWN_GARMENT, message)
    return None if vectors is None else vectors[garment - 1]


def kept_time() -> str:
    """Return QUERY_TTL_S in words, as "an hour" or "30 minutes"."""
    hours, minutes, seconds = 3600, 60, 1
    for unit_s in (hours, minutes, seconds):
        number, rest = divmod(settings.QUERY_TTL_S, unit_s)
        if number and not rest:
            break
    if unit_s == hours:
        return ngettext("an hour", "%d hours", number).replace("%d", str(number))
    if unit_s == minutes:
        return ngettext("a minute", "%d minutes", number).replace("%d", str(number))
    return ngettext("a second", "%d seconds", number).replace("%d", str(number))


def find_start_picture(start: Start) -> Result | None:
    """Return the product's photo that a search would start from, None without one.

    Raises ParameterError.
    """
    if not start.product:
        return None
    image = find_image(start)
    hit = Hit(image.product_id, image.pk, None)
    return next(iter(load_results(hits=[hit], encoder=active_encoder())), None)


def kept_origins(query_ids: Collection[str]) -> dict[str, tuple[str, Origin]]:
    kept = cache.get_many([f"query:{each}" for each in query_ids])
    versions = dict(Encoder.objects.values_list("pk", "version"))
    return {
        key.removeprefix("query:"): (versions.get(encoder, ""), origin)
        for key, (encoder, _, origin, *_) in kept.items()
    }


def _continue(first: Ranking, whole: Ranking) -> Ranking:
    """Keep the hits shown first in their place, whatever came in between."""
    shown = {hit.product_id for hit in first.hits}
    others = [hit for hit in whole.hits if hit.product_id not in shown]
    return whole._replace(hits=[*first.hits, *others][:MAX_K])
