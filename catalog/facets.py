"""The facets of the shop's lists: how each narrows products and counts its values.

A new facet is an entry in FACETS, a field of `catalog.filters.Filters` and of
`catalog.facet_counts.FacetCounts`, a parameter and a field of the API's answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

from django.db import connections
from django.db.models import Func, QuerySet, TextField

from catalog.models import Category, Product, ProductImage
from catalog.photos.colours import COLOUR_NAMES
from catalog.prices.ranges import PriceRange, price_limits
from catalog.product_words.letters import fold
from catalog.slugs import comparable

MAX_COUNTED_VALUES = 40  # per facet; chosen values are always included
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


class Facet:
    """Methods take the values of the facet's fields of Filters, in order."""

    name: str  # in FacetCounts
    label: str  # for people
    parameters: dict[str, str]  # parameter of requests -> field of Filters
    path: str  # from Product, or ProductImage, to the value
    of_photos: ClassVar[bool] = False  # lookups() are for ProductImage, not Product

    def lookups(self, *values: Any) -> dict[str, Any]:
        raise NotImplementedError

    def counts_sql(self, products: str) -> str:
        """Return SQL for each value as text and the number of products that have it.

        `products` is a table with their ids and a column for each facet of products.
        """
        return f"SELECT {self.name}::text, count(*) FROM {products} GROUP BY 1"

    def read(self, counts: Mapping[str, int], *values: Any) -> Any:
        """Return the counts of values as FacetCounts has them."""
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

    def read(
        self, counts: Mapping[str, int], *values: Any, begun: str = ""
    ) -> list[FacetValue]:
        """Return the most frequent values, chosen ones even if nothing has them.

        With `begun` only those with a word in their name that begins like this.
        """
        (chosen,) = values
        numbers = {**dict.fromkeys(chosen, 0), **counts}
        numbers.pop("", None)
        found = (
            FacetValue(value, name, numbers[value], value in chosen)
            for value, name in self._names(numbers)
            if f" {fold(begun)}" in f" {fold(name)}"
        )
        ordered = sorted(found, key=lambda one: (not one.chosen, -one.count, one.name))
        return ordered[: max(MAX_COUNTED_VALUES, sum(one.chosen for one in ordered))]

    def _names(self, values: Iterable[str]) -> Iterable[tuple[str, str]]:
        return ((value, value) for value in values)

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

    def _names(self, values: Iterable[str]) -> Iterable[tuple[str, str]]:
        return Category.objects.filter(slug__in=values).values_list("slug", "name")


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

    def counts_sql(self, products: str) -> str:
        # By product: a DISTINCT of all pairs takes twice as long.
        return f"""
            SELECT name, count(*) FROM {products} CROSS JOIN LATERAL (
                SELECT DISTINCT unnest({self.path}) FROM catalog_productimage
                WHERE product_id = {products}.id
            ) AS own (name) GROUP BY 1
        """


class SizeFacet(ValuesFacet):
    """Products have the sizes that can be had."""

    def lookups(self, *values: Any) -> dict[str, Any]:
        (chosen,) = values
        return {f"{self.path}__overlap": list(chosen)} if chosen else {}

    def known_values(self) -> Iterable[str]:
        sizes = Func(self.path, function="unnest", output_field=TextField())
        products = Product.objects.published().order_by()
        return products.values_list(sizes, flat=True).distinct()

    def unknown_values(self, chosen: Iterable[str]) -> list[str]:
        products = Product.objects.published()
        return [
            value
            for value in chosen
            if not products.filter(**self.lookups([value])).exists()
        ]

    def counts_sql(self, products: str) -> str:
        return f"""
            SELECT size, count(*) FROM {products}, unnest({self.name}) AS size
            GROUP BY 1
        """


class ChoiceFacet(ValuesFacet):
    """A field with choices."""

    @property
    def names(self) -> dict[str, str]:
        field: Any = Product._meta.get_field(self.path)
        return dict(field.choices)

    def known_values(self) -> Iterable[str]:
        return self.names

    def unknown_values(self, chosen: Iterable[str]) -> list[str]:
        return [value for value in chosen if value not in self.names]

    def _names(self, values: Iterable[str]) -> Iterable[tuple[str, str]]:
        return ((value, self.names.get(value, value)) for value in values)


class SeenFacet(ValuesFacet):
    """What an encoder sees in photos, or somebody has chosen for them."""

    of_photos = True

    def counts_sql(self, products: str) -> str:
        return f"""
            SELECT name, count(*) FROM {products} CROSS JOIN LATERAL (
                SELECT DISTINCT {self.path} FROM catalog_productimage
                WHERE product_id = {products}.id AND {self.path} <> ''
            ) AS own (name) GROUP BY 1
        """

    def _values(self) -> "QuerySet[Any, Any]":
        photos = ProductImage.objects.filter(product__status=Product.Status.PUBLISHED)
        return photos.exclude(**{self.path: ""}).values_list(self.path, flat=True)


class PriceFacet(Facet):
    name = "prices"
    label = "Price"
    path = "effective_price_cents"
    parameters = {"price_min": "price_min_cents", "price_max": "price_max_cents"}

    def lookups(self, *values: Any) -> dict[str, Any]:
        names = (f"{self.path}__gte", f"{self.path}__lte")
        limits = zip(names, values, strict=True)
        return {name: limit for name, limit in limits if limit is not None}

    def read(self, counts: Mapping[str, int], *values: Any) -> list[PriceRange]:
        numbers = {int(price): number for price, number in counts.items()}
        ranges = []
        for low, high in price_limits(numbers, *values):
            first, last = low or 0, inf if high is None else high
            count = sum(n for price, n in numbers.items() if first <= price <= last)
            ranges.append(PriceRange(low, high, count, (low, high) == values))
        return [each for each in ranges if each.count or each.chosen]


class StockFacet(Facet):
    name = "in_stock"
    label = "In stock"
    path = "stocked"
    parameters = {"in_stock": "in_stock"}

    def lookups(self, *values: Any) -> dict[str, Any]:
        (in_stock,) = values
        if in_stock is None:
            return {}
        return {"stocked": in_stock}

    def read(self, counts: Mapping[str, int], *values: Any) -> int:
        return counts.get("true", 0)


# In the order in which pages show them.
FACETS: tuple[Facet, ...] = (
    CategoryFacet("categories", "Category", "category", "category__slug"),
    ColourFacet("colours", "Colour", "colour", "colours"),
    SeenFacet("kinds", "Kind", "kind", "kind"),
    SeenFacet("seen_patterns", "Pattern seen", "seen_pattern", "pattern"),
    BrandFacet("brands", "Brand", "brand", "brand"),
    SizeFacet("sizes", "Size", "size", "sizes"),
    PriceFacet(),
    StockFacet(),
    ChoiceFacet("genders", "For", "gender", "gender"),
    ChoiceFacet("age_groups", "Age", "age_group", "age_group"),
    ValuesFacet("materials", "Material", "material", "material"),
    ValuesFacet("patterns", "Pattern", "pattern", "pattern"),
)
VALUES_FACETS = tuple(facet for facet in FACETS if isinstance(facet, ValuesFacet))


def list_brands() -> list[str]:
    """Return the distinct brands by name."""
    with connections[Product.objects.db].cursor() as cursor:
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
