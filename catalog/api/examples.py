"""Answers as the docs show them, written by the functions that write the real ones."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample

from catalog.api.listed.serializers import listed_product_json
from catalog.api.pages import FacetsOutput
from catalog.api.serializers import (
    Audience,
    product_detail_json,
)
from catalog.facet_counts import PriceSpan
from catalog.facets import FacetValue
from catalog.models import Category, Product, ProductImage
from catalog.prices.ranges import PriceRange
from catalog.variants.models import Variant

SHOP = "https://shop.example"
PUBLIC = Audience(SHOP)
_TIME = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class AnswerExample(OpenApiExample):
    """An example that is written with the schema: at import no address is known yet."""

    def __init__(self, write: Callable[[], dict[str, Any]]) -> None:
        self._write = write
        super().__init__("Answer", response_only=True, status_codes=["200"])

    @property
    def value(self) -> dict[str, Any]:
        return self._write()

    @value.setter
    def value(self, value: Any) -> None:
        pass  # set by the base class


def sample_product() -> Product:
    return Product(
        sku="DRESS-0042",
        slug="navy-wrap-dress-0042",
        title="Navy wrap dress",
        description="A wrap dress in dark blue cotton, cut to the knee.",
        brand="Nordlys",
        category=Category(slug="dress", name="Dresses"),
        price_cents=4990,
        currency="EUR",
        stock=7,
        colour="Navy",
        material="Cotton",
        gender=Product.Gender.FEMALE,
        sizes=["S", "M"],
        created=_TIME,
        updated=_TIME,
    )


def sample_photo() -> ProductImage:
    return ProductImage(
        pk=137,
        file="products/3f/3f6c0b.jpg",
        width=1200,
        height=1600,
        alt_text="Navy wrap dress, front",
        colours=["navy"],
    )


_FACET_VALUES = {
    "categories": FacetValue("dress", "Dresses", 124, chosen=False),
    "brands": FacetValue("Ostra", "Ostra", 61, chosen=False),
    "colours": FacetValue("navy", "navy", 87, chosen=False),
    "sizes": FacetValue("M", "M", 93, chosen=False),
    "genders": FacetValue("female", "Women", 210, chosen=False),
    "age_groups": FacetValue("adult", "Adult", 402, chosen=False),
    "materials": FacetValue("Cotton", "Cotton", 118, chosen=False),
    "patterns": FacetValue("Striped", "Striped", 37, chosen=False),
    "kinds": FacetValue("sneakers", "sneakers", 41, chosen=False),
    "seen_patterns": FacetValue("striped", "striped", 38, chosen=False),
    "prices": PriceRange(2500, 4999, 205, chosen=False),
}


def facets_example(*, at_least: bool = False) -> dict[str, Any]:
    counts: dict[str, Any] = {name: [one] for name, one in _FACET_VALUES.items()}
    counts |= {"in_stock": 468, "price_span": PriceSpan(990, 24900)}
    return FacetsOutput(counts | {"at_least": at_least}).data


def product_page_example() -> dict[str, Any]:
    return {
        "count": 61,
        "next": f"{SHOP}/api/v1/products/?page=2&category=dress",
        "previous": None,
        "words": None,
        "next_cursor": "WzQ5OTAsIDEzN10",
        "facets": facets_example(),
        "results": [listed_product_json(sample_product(), sample_photo(), PUBLIC)],
    }


def product_detail_example() -> dict[str, Any]:
    product = sample_product()
    sizes = [
        Variant(product=product, sku=f"DRESS-0042-{size}", size=size, quantity=number)
        for size, number in (("S", 2), ("M", 5))
    ]
    return product_detail_json(product, [sample_photo()], sizes, PUBLIC)


def category_page_example() -> dict[str, Any]:
    return {
        "count": 10,
        "next": None,
        "previous": None,
        "results": [{"slug": "dress", "name": "Dresses", "product_count": 61}],
    }


def suggestions_example() -> dict[str, Any]:
    return {
        "results": [
            {"name": "Dresses", "kind": "Category", "url": f"{SHOP}/?category=dress"},
            {
                "name": "Navy wrap dress",
                "kind": "",
                "url": f"{SHOP}/products/navy-wrap-dress-0042/",
            },
        ]
    }


PRODUCT = OpenApiExample(
    "A dress in two sizes",
    {
        "title": "Navy wrap dress",
        "category": "dress",
        "price_cents": 4990,
        "brand": "Nordlys",
        "variants": [
            {"sku": "DRESS-0042-S", "size": "S", "stock": 2},
            {"sku": "DRESS-0042-M", "size": "M", "stock": 5},
        ],
    },
    request_only=True,
)
STOCK = OpenApiExample("Another price", {"price_cents": 3990}, request_only=True)
PRODUCT_PAGE = AnswerExample(product_page_example)
PRODUCT_DETAIL = AnswerExample(product_detail_example)
CATEGORY_PAGE = AnswerExample(category_page_example)
SUGGESTIONS = AnswerExample(suggestions_example)
