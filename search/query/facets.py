"""What an answer could be narrowed to next, counted on the query's candidates."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

from django.db.models import QuerySet

from catalog.facet_counts import FacetCounts, count_facets
from catalog.facets import FACETS
from catalog.filters import Filters
from catalog.models import Product
from search.query.nearest import MAX_K
from search.query.ranking import Found


def count_found(
    filters: Filters, hits_of: Callable[[Filters], Iterable[Found]]
) -> FacetCounts:
    """As `catalog.facet_counts.count_facets`, among what `hits_of(...)` finds."""

    @cache
    def ids_of(narrowed: Filters) -> list[int]:
        return [hit.product_id for hit in hits_of(narrowed)]

    def products_of(narrowed: Filters) -> QuerySet[Product]:
        return Product.objects.filter(pk__in=ids_of(narrowed))

    facets = count_facets(filters, products_of)
    others = [filters.except_facet(facet) for facet in FACETS]
    return replace(facets, at_least=any(len(ids_of(each)) == MAX_K for each in others))
