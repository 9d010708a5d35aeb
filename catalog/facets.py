"""What a list could be narrowed to next, with how many products each choice has."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, Func, Q, QuerySet

from catalog.filters import Filters
from catalog.models import Category, Product, ProductImage

MOST_VALUES = 40  # of one facet; chosen ones are always there
# Facet -> the fields of Filters it stands for.
FIELDS = {
    "categories": ["categories"],
    "brands": ["brands"],
    "colours": ["colours"],
    "prices": ["price_min_cents", "price_max_cents"],
    "in_stock": ["in_stock"],
}
# Ends of the price ranges offered, in cents.
PRICE_STEPS = (2500, 5000, 10_000)
Ends = tuple[int | None, int | None]  # of a price range, in cents, included


@dataclass(frozen=True)
class Value:
    """`count` products have it. `name` is for people."""

    value: str
    name: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class PriceRange:
    """Both ends included; None is open."""

    min_cents: int | None
    max_cents: int | None
    count: int
    chosen: bool

    @property
    def value(self) -> str:
        """As the pages' parameter `price` takes it: `2500-4999`, `-2499`."""
        ends = (self.min_cents, self.max_cents)
        return "-".join("" if end is None else str(end) for end in ends)

    @property
    def name(self) -> str:
        """`Under 25`, `25 to 50`, `100 and more`: whole units read easier, and the
        cent between two ranges misleads nobody."""
        low, high = (
            (n + 50) // 100 for n in (self.min_cents or 0, self.max_cents or 0)
        )
        if self.min_cents is None:
            return f"Under {high}" if self.max_cents is not None else "Any price"
        return f"{low} and more" if self.max_cents is None else f"{low} to {high}"


@dataclass(frozen=True)
class Facets:
    categories: list[Value]
    brands: list[Value]
    colours: list[Value]
    prices: list[PriceRange]
    in_stock: int
    at_least: bool = False  # there are more candidates than were counted


def count_facets(
    filters: Filters, products_of: Callable[[Filters], QuerySet[Product]]
) -> Facets:
    """Counted by the database over all of `products_of(...)`.

    The values of a facet are counted among what the other filters let through, so
    that they say what choosing one more of them would add.
    """
    among = {
        name: products_of(filters.without(*fields)).order_by()
        for name, fields in FIELDS.items()
    }
    categories = among["categories"].values_list("category__slug", "category__name")
    brands = among["brands"].exclude(brand="").values_list("brand")
    ranges = price_ends(filters)
    within = [Count("pk", filter=_priced(low, high)) for low, high in ranges]
    prices = among["prices"].aggregate(**{str(n): c for n, c in enumerate(within)})
    return Facets(
        categories=category_values(
            {s: (name, n) for s, name, n in categories.annotate(n=Count("pk"))}, filters
        ),
        brands=values_of(dict(brands.annotate(n=Count("pk"))), filters.brands),
        colours=values_of(_colour_counts(among["colours"]), filters.colours),
        prices=price_ranges(dict(zip(ranges, prices.values(), strict=True)), filters),
        in_stock=among["in_stock"].filter(stock__gt=0).count(),
    )


def _colour_counts(products: QuerySet[Product]) -> dict[str, int]:
    """Products with a photo of the colour. Counting distinct ones while grouping, as
    the ORM would, sorts all the photos: more than twice as slow."""
    photos = ProductImage.objects.filter(product__in=products.values("pk")).order_by()
    names = photos.annotate(name=Func(F("colours"), function="unnest"))
    shown = names.values_list("name", "product").distinct()
    try:
        inner, parameters = shown.query.sql_with_params()
    except EmptyResultSet:  # no product at all: known without asking
        return {}
    counted = f"SELECT name, count(*) FROM ({inner}) AS shown GROUP BY name"
    with connection.cursor() as cursor:
        cursor.execute(counted, parameters)
        return dict(cursor.fetchall())


def category_values(
    counts: dict[str, tuple[str, int]], filters: Filters
) -> list[Value]:
    """From slug -> name and count; those chosen are there even with nothing found."""
    missing = set(filters.categories) - set(counts)
    none_of = Category.objects.filter(slug__in=missing) if missing else ()
    named = {one.slug: (one.name, 0) for one in none_of} | counts
    return _most_frequent(
        Value(slug, name, count, slug in filters.categories)
        for slug, (name, count) in named.items()
    )


def values_of(counts: Mapping[str, int], chosen: Iterable[str]) -> list[Value]:
    """Values that are their own names; those chosen even with nothing found."""
    found = {**dict.fromkeys(chosen, 0), **counts}
    return _most_frequent(Value(v, v, n, v in chosen) for v, n in found.items())


def _most_frequent(values: Iterable[Value]) -> list[Value]:
    """Chosen ones before all others."""
    ordered = sorted(values, key=lambda one: (not one.chosen, -one.count, one.name))
    return ordered[: max(MOST_VALUES, sum(one.chosen for one in ordered))]


def price_ends(filters: Filters) -> list[Ends]:
    """Of the ranges offered, cheapest first, and after them of one asked for."""
    lows = [None, *PRICE_STEPS]
    highs = [*(step - 1 for step in PRICE_STEPS), None]
    offered: list[Ends] = list(zip(lows, highs, strict=True))
    asked = _asked_ends(filters)
    known = asked == (None, None) or asked in offered
    return offered if known else [*offered, asked]


def price_ranges(counts: Mapping[Ends, int], filters: Filters) -> list[PriceRange]:
    """Those with products, and the one asked for."""
    asked = _asked_ends(filters)
    ranges = [PriceRange(*ends, n, ends == asked) for ends, n in counts.items()]
    return [each for each in ranges if each.count or each.chosen]


def _asked_ends(filters: Filters) -> Ends:
    return filters.price_min_cents, filters.price_max_cents


def _priced(low: int | None, high: int | None) -> Q:
    ends = {"price_cents__gte": low, "price_cents__lte": high}
    return Q(**{name: end for name, end in ends.items() if end is not None})
