"""Counts of the values that a list of products could be narrowed to."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from catalog.facets import FACETS, VALUES_FACETS, FacetValue, PriceRange, ValuesFacet
from catalog.filters import Filters
from catalog.models import Product


@dataclass(frozen=True)
class FacetCounts:
    categories: list[FacetValue]
    brands: list[FacetValue]
    colours: list[FacetValue]
    prices: list[PriceRange]
    in_stock: int
    at_least: bool = False  # there are more candidates than were counted

    @property
    def by_facet(self) -> list[tuple[ValuesFacet, list[FacetValue]]]:
        return [(facet, getattr(self, facet.name)) for facet in VALUES_FACETS]


class FacetCandidates(NamedTuple):
    """Products that filters let through, and whether there are more of them."""

    product_ids: Sequence[int]
    more: bool


def count_facets(
    filters: Filters, find: Callable[[Filters], FacetCandidates]
) -> FacetCounts:
    """Count each facet among the products that all other filters let through.

    A count so says what choosing one more value of the facet would add.
    """
    find = cache(find)
    found = {facet: find(filters.except_facet(facet)) for facet in FACETS}
    first, *others = [
        facet.counts(_products(each.product_ids)) for facet, each in found.items()
    ]
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for name, value, number in first.union(*others, all=True):
        counts[name][value] = number
    read = {
        facet.name: facet.read(counts[facet.name], *filters.chosen(facet))
        for facet in FACETS
    }
    return FacetCounts(**read, at_least=any(each.more for each in found.values()))


def _products(ids: Sequence[int]) -> QuerySet[Product]:
    # One parameter: the ORM takes long to write thousands of them.
    return Product.objects.filter(
        pk__in=RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])
    )
