"""The shop's lists: one way for the front page and the API to ask for products."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.dispatch import Signal

from catalog.facet_counts import FacetCounts, count_facets
from catalog.filters import Filters
from catalog.models import ProductQuerySet
from catalog.words import Reading, read

PAGE_SIZE = 24
# Sent with `words` and `filters` when a search by words finds no product.
zero_results = Signal()


@dataclass(frozen=True)
class Listing:
    """Published products as wanted, by words too. Raises WordsError."""

    filters: Filters
    words: str = ""
    skus: Sequence[str] = ()  # none: all

    @cached_property
    def reading(self) -> Reading:
        return read(self.words)

    @property
    def products(self) -> ProductQuerySet:
        """With words the best match first."""
        return self._narrowed(self.filters)

    @cached_property
    def facets(self) -> FacetCounts:
        return count_facets(self.filters, self._narrowed)

    def report_count(self, count: int) -> None:
        """Send `zero_results` if there are words and the count is 0."""
        if self.words and not count:
            zero_results.send(Listing, words=self.words, filters=self.filters)

    def _narrowed(self, filters: Filters) -> ProductQuerySet:
        found = filters.products()
        if self.skus:
            found = found.with_skus(self.skus)
        return found.matching(self.reading.query) if self.reading.words else found
