"""Counts of the values that a list of products could be narrowed to."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

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


def count_facets(
    filters: Filters, products_of: Callable[[Filters], QuerySet[Product]]
) -> FacetCounts:
    """Count each facet among the products that all other filters let through.

    A count so says what choosing one more value of the facet would add.
    """
    return FacetCounts(
        **{
            facet.name: facet.count(
                products_of(filters.except_facet(facet)).order_by(),
                *filters.chosen(facet),
            )
            for facet in FACETS
        }
    )
