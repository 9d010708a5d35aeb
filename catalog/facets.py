"""The facets of the shop's lists: how each narrows products and counts its values.

A new facet is an entry in FACETS, a field of `catalog.filters.Filters` and of
`catalog.facet_counts.FacetCounts`, a parameter and a field of the API's answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, Func, Q, QuerySet

from catalog.models import Category, Product, ProductImage
from catalog.photos.colours import COLOUR_NAMES
from catalog.slugs import comparable

MAX_COUNTED_VALUES = 40  # per facet; chosen values are always included
# Limits between the price ranges offered, in cents.
PRICE_STEPS = (2500, 5000, 10_000)
PriceLimits = tuple[int | None, int | None]  # in cents, inclusive; None is open
# A step from each brand to the next one in the index; DISTINCT reads every product.
_NEXT = """
    SELECT brand FROM catalog_product
    WHERE status = %(status)s AND brand > {} ORDER BY brand LIMIT 1
"""
_BRANDS = f"""
    WITH RECURSIVE known (brand) AS (
        ({_NEXT.format("''")})
        UNION ALL
        SELECT ({_NEXT.format("known.brand")}) FROM known WHERE brand IS NOT NULL
    )
    SELECT brand FROM known WHERE brand IS NOT NULL
"""


@dataclass(frozen=True)
class FacetValue:
    """A value that `count` products have; `name` is for people."""

    value: str
    name: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class PriceRange:
    """Both limits are inclusive; None is open."""

    min_cents: int | None
    max_cents: int | None
    count: int
    chosen: bool

    @property
    def value(self) -> str:
        """Return the pages' parameter `price`: `2500-4999` or `-2499`."""
        limits = (self.min_cents, self.max_cents)
        return "-".join("" if limit is None else str(limit) for limit in limits)

    @property
    def name(self) -> str:
        low, high = self.min_cents, self.max_cents
        if low is None:
            if high is None:
                return "Any price"
            return f"{'Under' if high % 100 == 99 else 'Up to'} {_units(high)}"
        if high is None:
            return f"{_units(low)} and more"
        return f"{_units(low)} to {_units(high)}"


def _units(cents: int) -> str:
    # Whole units are easier to read than 24.99; the cent misleads nobody.
    nearest, rest = divmod(cents + 1, 100)
    return str(nearest) if rest < 2 else f"{nearest}.{cents % 100:02}"


class Facet:
    """Methods take the values of the facet's fields of Filters, in order."""

    name: str  # in FacetCounts
    label: str  # for people
    parameters: dict[str, str]  # parameter of requests -> field of Filters
    of_photos: ClassVar[bool] = False  # lookups() are for ProductImage, not Product

    def lookups(self, *values: Any) -> dict[str, Any]:
        raise NotImplementedError

    def count(self, products: QuerySet[Product], *values: Any) -> Any:
        raise NotImplementedError


class ValuesFacet(Facet):
    """A facet with any number of values, of which a product must have one."""

    def __init__(self, name: str, label: str, parameter: str, path: str) -> None:
        """`path` leads from Product to the value."""
        self.name = name
        self.label = label
        self.parameter = parameter
        self.parameters = {parameter: name}
        self.path = path

    def lookups(self, *values: Any) -> dict[str, Any]:
        (chosen,) = values
        return {f"{self.path}__in": chosen} if chosen else {}

    def known_values(self) -> Iterable[str]:
        return self._values().order_by(self.path).distinct()

    def unknown_values(self, chosen: Iterable[str]) -> list[str]:
        of_chosen = self._values().filter(**self.lookups(tuple(chosen)))
        known = set(of_chosen.order_by().distinct())
        return [value for value in chosen if value not in known]

    def count(self, products: QuerySet[Product], *values: Any) -> list[FacetValue]:
        (chosen,) = values
        counts = products.exclude(**{self.path: ""}).values_list(self.path)
        return facet_values(dict(counts.annotate(count=Count("pk"))), chosen)

    def _values(self) -> "QuerySet[Product, Any]":
        products = Product.objects.published().exclude(**{self.path: ""})
        return products.values_list(self.path, flat=True)


class BrandFacet(ValuesFacet):
    def known_values(self) -> Iterable[str]:
        return list_brands()


class CategoryFacet(ValuesFacet):
    def lookups(self, *values: Any) -> dict[str, Any]:
        (chosen,) = values
        ids = Category.objects.filter(slug__in=chosen).order_by().values("pk")
        if len(chosen) == 1:  # an index has the products of one category in order
            return {"category": ids[:1]}
        return {"category__in": ids} if chosen else {}

    def known_values(self) -> Iterable[str]:
        return Category.objects.values_list("slug", flat=True)

    def unknown_values(self, chosen: Iterable[str]) -> list[str]:
        known = set(self.known_values())
        return [value for value in chosen if value not in known]

    def count(self, products: QuerySet[Product], *values: Any) -> list[FacetValue]:
        (chosen,) = values
        rows = products.values_list(self.path, "category__name")
        counts = {slug: (name, n) for slug, name, n in rows.annotate(n=Count("pk"))}
        if missing := set(chosen) - set(counts):
            for category in Category.objects.filter(slug__in=missing):
                counts[category.slug] = (category.name, 0)
        return _most_frequent(
            FacetValue(slug, name, count, slug in chosen)
            for slug, (name, count) in counts.items()
        )


class ColourFacet(ValuesFacet):
    """A photo, not only its product, must show the colour: results show that photo."""

    of_photos = True

    def lookups(self, *values: Any) -> dict[str, Any]:
        (chosen,) = values
        return {f"{self.path}__overlap": list(chosen)} if chosen else {}

    def known_values(self) -> Iterable[str]:
        return COLOUR_NAMES

    def unknown_values(self, chosen: Iterable[str]) -> list[str]:
        return [value for value in chosen if value not in COLOUR_NAMES]

    def count(self, products: QuerySet[Product], *values: Any) -> list[FacetValue]:
        (chosen,) = values
        return facet_values(self._counts(products), chosen)

    def _counts(self, products: QuerySet[Product]) -> dict[str, int]:
        photos = ProductImage.objects.filter(product__in=products.values("pk"))
        names = photos.order_by().annotate(name=Func(F(self.path), function="unnest"))
        # The ORM's COUNT(DISTINCT) sorts all photos and takes more than twice as long.
        pairs = names.values_list("name", "product").distinct()
        try:
            inner, parameters = pairs.query.sql_with_params()
        except EmptyResultSet:  # there are no products
            return {}
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT name, count(*) FROM ({inner}) AS pairs GROUP BY name",
                parameters,
            )
            return dict(cursor.fetchall())


class PriceFacet(Facet):
    name = "prices"
    label = "Price"
    parameters = {"price_min": "price_min_cents", "price_max": "price_max_cents"}

    def lookups(self, *values: Any) -> dict[str, Any]:
        limits = zip(("price_cents__gte", "price_cents__lte"), values, strict=True)
        return {name: limit for name, limit in limits if limit is not None}

    def count(self, products: QuerySet[Product], *values: Any) -> list[PriceRange]:
        limits = self.limits(*values)
        within = [Count("pk", filter=Q(**self.lookups(*each))) for each in limits]
        counts = products.aggregate(**{f"range_{n}": c for n, c in enumerate(within)})
        ranges = (
            PriceRange(*each, count, each == values)
            for each, count in zip(limits, counts.values(), strict=True)
        )
        return [each for each in ranges if each.count or each.chosen]

    def limits(self, *chosen: Any) -> list[PriceLimits]:
        """Return the ranges offered, cheapest first, then the chosen one if unlike."""
        lows = [None, *PRICE_STEPS]
        highs = [*(step - 1 for step in PRICE_STEPS), None]
        offered: list[PriceLimits] = list(zip(lows, highs, strict=True))
        low, high = chosen
        known = chosen == (None, None) or chosen in offered
        return offered if known else [*offered, (low, high)]


class StockFacet(Facet):
    name = "in_stock"
    label = "In stock"
    parameters = {"in_stock": "in_stock"}

    def lookups(self, *values: Any) -> dict[str, Any]:
        (in_stock,) = values
        if in_stock is None:
            return {}
        return {"stocked": in_stock}

    def count(self, products: QuerySet[Product], *values: Any) -> int:
        return products.filter(stocked=True).count()


# In the order in which pages show them.
FACETS: tuple[Facet, ...] = (
    CategoryFacet("categories", "Category", "category", "category__slug"),
    ColourFacet("colours", "Colour", "colour", "colours"),
    BrandFacet("brands", "Brand", "brand", "brand"),
    PriceFacet(),
    StockFacet(),
)
VALUES_FACETS = tuple(facet for facet in FACETS if isinstance(facet, ValuesFacet))


def facet_values(counts: Mapping[str, int], chosen: Iterable[str]) -> list[FacetValue]:
    """Return values that are their own names, chosen ones even if nothing has them."""
    values = {**dict.fromkeys(chosen, 0), **counts}
    return _most_frequent(FacetValue(v, v, n, v in chosen) for v, n in values.items())


def _most_frequent(values: Iterable[FacetValue]) -> list[FacetValue]:
    ordered = sorted(values, key=lambda one: (not one.chosen, -one.count, one.name))
    return ordered[: max(MAX_COUNTED_VALUES, sum(one.chosen for one in ordered))]


def list_brands() -> list[str]:
    """Return the distinct brands by name."""
    with connection.cursor() as cursor:
        cursor.execute(_BRANDS, {"status": Product.Status.PUBLISHED})
        return [brand for (brand,) in cursor.fetchall()]


def canonical_brands(brands: Iterable[str]) -> list[str]:
    """Return brands, given in any spelling, as they are stored; keep unknown ones."""
    given = {comparable(brand): brand for brand in brands}
    if not given:
        return []
    stored = [brand for brand in list_brands() if comparable(brand) in given]
    unknown = given.keys() - {comparable(brand) for brand in stored}
    return stored + [given[brand] for brand in sorted(unknown)]
