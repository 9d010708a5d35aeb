"""Counts of the values that a list of products could be narrowed to."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connections

from catalog.facets import FACETS, VALUES_FACETS, FacetValue, ValuesFacet
from catalog.filters import Filters
from catalog.models import Product
from catalog.prices.ranges import PriceRange


class FacetQuery(NamedTuple):
    """Which values of a facet are wanted: those with a word that begins like this."""

    parameter: str
    begun: str

    @classmethod
    def parse(cls, text: str) -> "FacetQuery":
        """Read `brand:nor`. Raises ValueError."""
        parameter, _, begun = text.partition(":")
        known = [facet.parameter for facet in VALUES_FACETS]
        if parameter not in known or not begun.strip():
            raise ValueError(
                f"Give a facet and text, as {known[0]}:dre; facets are"
                f" {', '.join(known)}."
            )
        return cls(parameter, begun.strip())


class PriceSpan(NamedTuple):
    min_cents: int
    max_cents: int


@dataclass(frozen=True)
class FacetCounts:
    categories: list[FacetValue]
    brands: list[FacetValue]
    colours: list[FacetValue]
    kinds: list[FacetValue]
    seen_patterns: list[FacetValue]
    prices: list[PriceRange]
    in_stock: int
    sizes: list[FacetValue]
    genders: list[FacetValue]
    age_groups: list[FacetValue]
    materials: list[FacetValue]
    patterns: list[FacetValue]
    at_least: bool = False  # there are more candidates than were counted
    price_span: PriceSpan | None = None

    @property
    def by_facet(self) -> list[tuple[ValuesFacet, list[FacetValue]]]:
        return [(facet, getattr(self, facet.name)) for facet in VALUES_FACETS]


class FacetCandidates(NamedTuple):
    """Products that filters let through, and whether there are more of them."""

    product_ids: Sequence[int]
    more: bool


def count_facets(
    filters: Filters,
    find: Callable[[Filters], FacetCandidates],
    query: FacetQuery | None = None,
) -> FacetCounts:
    """Count each facet among the products that all other filters let through.

    A count so says what choosing one more value of the facet would add. The query
    narrows the values of one facet.
    """
    others = {facet: filters.except_facet(facet) for facet in FACETS}
    found = {each: find(each) for each in dict.fromkeys(others.values())}
    tables = {each: f"found_{number}" for number, each in enumerate(found)}
    parts = [
        f"SELECT '{facet.name}', * FROM ({facet.counts_sql(tables[each])}) AS counts"
        for facet, each in others.items()
    ]
    counts = _read_counts(
        dict(zip(tables.values(), found.values(), strict=True)),
        " UNION ALL ".join(parts),
    )
    read = {
        facet.name: facet.read(counts[facet.name], *filters.chosen(facet))
        for facet in FACETS
    }
    for facet in VALUES_FACETS:
        if query and facet.parameter == query.parameter:
            values = filters.chosen(facet)
            read[facet.name] = facet.read(
                counts[facet.name], *values, begun=query.begun
            )
    prices = [int(price) for price in counts["prices"]]
    return FacetCounts(
        **read,
        at_least=any(each.more for each in found.values()),
        price_span=PriceSpan(min(prices), max(prices)) if prices else None,
    )


def _read_counts(
    tables: dict[str, FacetCandidates], query: str
) -> dict[str, dict[str, int]]:
    """Run a query of facet, value and number; each table has a column for each facet
    of products."""
    named = {facet.name: facet.path for facet in FACETS if not facet.of_photos}
    columns = ", ".join(["id", *named])
    bodies: list[str] = []
    parameters: list[Any] = []
    for table, found in tables.items():
        rows = Product.objects.among(found.product_ids).order_by()
        sql, values = rows.values_list("pk", *named.values()).query.sql_with_params()
        bodies.append(f"{table} ({columns}) AS MATERIALIZED ({sql})")
        parameters += values
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    with connections[Product.objects.db].cursor() as cursor:
        cursor.execute(f"WITH {', '.join(bodies)} {query}", parameters)
        for facet, value, number in cursor.fetchall():
            counts[facet][value] = number
    return counts
