"""Count what a search could be narrowed to next."""

from collections.abc import Callable, Sequence

from catalog.facet_counts import (
    FacetCandidates,
    FacetCounts,
    FacetQuery,
    count_facets,
)
from catalog.filters import Filters
from search.query.nearest import MAX_K, Hit


def count_search_facets(
    filters: Filters,
    search: Callable[[Filters], Sequence[Hit]],
    query: FacetQuery | None = None,
) -> FacetCounts:
    def find(narrowed: Filters) -> FacetCandidates:
        ids = [hit.product_id for hit in search(narrowed)]
        return FacetCandidates(ids, len(ids) == MAX_K)

    return count_facets(filters, find, query)
