"""Count what a search could be narrowed to next."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

from django.db.models import QuerySet

from catalog.facet_counts import FacetCounts, count_facets
from catalog.facets import FACETS
from catalog.filters import Filters
from catalog.models import Product
from search.query.nearest import MAX_K, Hit


def count_search_facets(
    filters: Filters, search: Callable[[Filters], Iterable[Hit]]
) -> FacetCounts:

    @cache
    def find_ids(narrowed: Filters) -> list[int]:
        return [hit.product_id for hit in search(narrowed)]

    def find_products(narrowed: Filters) -> QuerySet[Product]:
        return Product.objects.filter(pk__in=find_ids(narrowed))

    facets = count_facets(filters, find_products)
    others = [filters.except_facet(facet) for facet in FACETS]
    at_least = any(len(find_ids(each)) == MAX_K for each in others)
    return replace(facets, at_least=at_least)
