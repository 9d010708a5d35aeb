"""Lists of products, the same for the front page and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from math import inf

from django.core.cache import caches
from django.dispatch import Signal

from catalog.facet_counts import (
    FacetCandidates,
    FacetCounts,
    FacetQuery,
    count_facets,
)
from catalog.filters import Filters
from catalog.models import FoundIn, Product, ProductQuerySet
from catalog.word_query.by_looks import compare_looks, find_by_looks
from catalog.word_query.popular import count_search
from catalog.words import MAX_RANKED, WordsQuery, interpret

PAGE_SIZE = 24
# Counts are exact up to here. A list has many more pages than anybody turns.
MAX_COUNTED = 10_000
MAX_FACETED = 5_000  # the newest products of a list, among which facets are counted
# Products that say or look like the words: none is added to a list of so many.
MAX_BY_LOOKS = 96
MAX_COMPARED = 500  # of the best by words, with what the words look like
_PLACE = ("pk", "found_in", "stocked")
# Between products with the words in their attributes and those that mention them.
_BY_LOOKS = FoundIn.DESCRIPTION - 0.5
LARGE_LIST_AGE_S = 60  # of counts beyond these limits
# Sent with `words` and `filters` when a search by words finds no product.
zero_results = Signal()


@dataclass(frozen=True)
class Matches:
    """Products found by words: the newest MAX_RANKED by rank, then the others by age.

    A word that half of the shop has would otherwise be ranked in half of the shop.
    Products that look like the words come before those that only mention them.
    """

    query: WordsQuery
    products: ProductQuerySet
    newest_ids: Sequence[int]  # of up to MAX_COUNTED products
    look_ids: Sequence[int] = ()

    def __getitem__(self, part: slice) -> list[Product]:
        best = self._best[part]
        ranked = Product.objects.among(best).best_first(self.query.query)
        by_id = {product.pk: product for product in ranked.with_photos()}
        found = [by_id[pk] for pk in best if pk in by_id]
        if part.stop > MAX_RANKED:
            found += self._by_age(max(part.start, MAX_RANKED), part.stop)
        return found

    @cached_property
    def _best(self) -> list[int]:
        ids = [*self.newest_ids[:MAX_RANKED], *self.look_ids]
        rows = Product.objects.among(ids).best_first(self.query.query)
        places = {pk: (where, has) for pk, where, has in rows.values_list(*_PLACE)}
        looks = compare_looks(self.query.words, list(places)[:MAX_COMPARED])

        def place(pk: int) -> tuple[float, bool, float]:
            where, is_stocked = places[pk]
            far = looks.get(pk, inf)
            if where == FoundIn.DESCRIPTION and far <= 0:
                return _BY_LOOKS, not is_stocked, far
            return where, not is_stocked, far

        return sorted(places, key=place)

    def _by_age(self, start: int, stop: int) -> ProductQuerySet:
        if stop > MAX_COUNTED:
            return self.products.with_photos().order_by("-id")[start:stop]
        ids = self.newest_ids[start:stop]
        return Product.objects.among(ids).with_photos().order_by("-id")


@dataclass(frozen=True)
class Listing:
    """Published products that pass filters and match words. Raises WordsError."""

    filters: Filters
    words: str = ""
    skus: Sequence[str] = ()  # empty for all
    facet_query: FacetQuery | None = None

    @cached_property
    def words_query(self) -> WordsQuery:
        return interpret(self.words)

    @property
    def products(self) -> ProductQuerySet:
        return self._narrowed(self.filters)

    def in_order(self, fields: Sequence[str] = ()) -> ProductQuerySet | Matches:
        """Return the products with photos, without fields the best match first."""
        products = self.products
        if self.words_query.words:
            if not fields:
                return Matches(
                    self.words_query, products, self._newest_ids, self.look_ids
                )
            # In the order of an index nearly all products may come before those with a
            # rare word.
            if self.count <= MAX_COUNTED:
                products = Product.objects.among(self._ids)
        return products.with_photos().order_by(*fields or ["-id"])

    @cached_property
    def count(self) -> int:
        """Return the number of products; more than MAX_COUNTED are not counted."""
        if self.words_query.words:
            return len(self._ids)
        return self.products.order_by()[: MAX_COUNTED + 1].count()

    @property
    def exact_count(self) -> int:
        """Return the number of products, beyond MAX_COUNTED that of a minute ago."""
        key = f"count:{self._key}"
        if (known := caches["process"].get(key)) is not None:
            return known
        if self.words_query.words and self.count <= MAX_COUNTED:
            return self.count
        exact = self.products.order_by().count()
        if exact > MAX_COUNTED:
            caches["process"].set(key, exact, LARGE_LIST_AGE_S)
        return exact

    @cached_property
    def facets(self) -> FacetCounts:
        key = f"facets:{self._key}"
        if (known := caches["process"].get(key)) is not None:
            return known
        facets = count_facets(self.filters, self._candidates, self.facet_query)
        if facets.at_least:
            caches["process"].set(key, facets, LARGE_LIST_AGE_S)
        return facets

    def report_count(self) -> None:
        """Count words that find something; send `zero_results` for others."""
        if self.words and not self.count:
            zero_results.send(Listing, words=self.words, filters=self.filters)
        elif self.words:
            count_search(self.words_query.words)

    @property
    def _key(self) -> str:
        parts = (self.filters, self.words_query, self.skus, self.facet_query)
        return sha256(repr(parts).encode()).hexdigest()

    def _of_filters(self, filters: Filters) -> ProductQuerySet:
        products = filters.products()
        return products.with_skus(self.skus) if self.skus else products

    def _narrowed(self, filters: Filters) -> ProductQuerySet:
        products = self._of_filters(filters)
        if not self.words_query.words:
            return products
        return products.matching(self.words_query.query)

    @cached_property
    def look_ids(self) -> list[int]:
        """Return products that look like the words but do not have them."""
        if not self.words_query.words:
            return []
        return self._looking_like(self.filters, self._newest_ids)

    @property
    def _ids(self) -> list[int]:
        return self._newest_ids + self.look_ids

    def _looking_like(self, filters: Filters, found: Sequence[int]) -> list[int]:
        enough = len(found) >= MAX_BY_LOOKS
        if not self.words_query.words or self.skus or enough:
            return []
        looking = find_by_looks(self.words_query.words, filters, MAX_BY_LOOKS)
        known = set(found)
        return [pk for pk in looking if pk not in known][: MAX_BY_LOOKS - len(found)]

    @cached_property
    def _newest_ids(self) -> list[int]:
        # Read once for all that a page shows: words cannot be read from an index in
        # any order.
        return self._newest(self.filters, MAX_COUNTED + 1)

    def _newest(self, filters: Filters, number: int) -> list[int]:
        newest = self._narrowed(filters).order_by("-id").values_list("pk", flat=True)
        return list(newest[:number])

    def _candidates(self, filters: Filters) -> FacetCandidates:
        if self.words_query.words and filters == self.filters:
            ids = self._ids
        else:
            ids = self._newest(filters, MAX_FACETED + 1)
            ids += self._looking_like(filters, ids)
        return FacetCandidates(ids[:MAX_FACETED], len(ids) > MAX_FACETED)
