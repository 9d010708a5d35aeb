"""Lists of products, the same for the front page and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.dispatch import Signal

from catalog.facet_counts import FacetCounts, count_facets
from catalog.filters import Filters
from catalog.models import ProductQuerySet
from catalog.words import WordsQuery, interpret

PAGE_SIZE = 24
# Sent with `words` and `filters` when a search by words finds no product.
zero_results = Signal()


@dataclass(frozen=True)
class Listing:
    """Published products that pass filters and match words. Raises WordsError."""

    filters: Filters
    words: str = ""
    skus: Sequence[str] = ()  # empty for all

    @cached_property
    def words_query(self) -> WordsQuery:
        return interpret(self.words)

    @property
    def products(self) -> ProductQuerySet:
        """Return the products, the best match first if there are words."""
        return self._narrowed(self.filters)

    @cached_property
    def facets(self) -> FacetCounts:
        return count_facets(self.filters, self._narrowed)

    def report_count(self, count: int) -> None:
        """Send `zero_results` if there are words and the count is 0."""
        if self.words and not count:
            zero_results.send(Listing, words=self.words, filters=self.filters)

    def _narrowed(self, filters: Filters) -> ProductQuerySet:
        products = filters.products()
        if self.skus:
            products = products.with_skus(self.skus)
        if not self.words_query.words:
            return products
        return products.matching(self.words_query.query)
