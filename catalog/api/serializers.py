"""Products, photos and facets in answers.

The serializers describe them for the schema, and the functions beside them write them:
DRF's serializers would take four times as long. A test holds the two together.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from math import ceil
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from catalog.api.attributes import (
    AttributesOutput,
    PriceOutput,
    VariantOutput,
    attributes_json,
    price_json,
    variant_json,
)
from catalog.facets import FACETS, Facet, PriceFacet, ValuesFacet
from catalog.listing import Matches
from catalog.models import Product, ProductImage
from catalog.photos.thumbnails import SIZES, Thumbnail
from catalog.variants.models import Variant

LIST_SIZES = ("small", "card")


@extend_schema_serializer(component_name="CategoryName")
class CategoryNameOutput(serializers.Serializer):
    slug = serializers.CharField(help_text="The value of the parameter `category`.")
    name = serializers.CharField(help_text="The name to show.")


def _thumbnail_field(size: str) -> serializers.URLField:
    width, height = SIZES[size]
    return serializers.URLField(help_text=f"At most {width} x {height} pixels.")


@extend_schema_serializer(component_name="Thumbnails")
class ThumbnailsOutput(serializers.Serializer):
    """Smaller copies of a photo in WebP, drawn at the first request for them."""

    small = _thumbnail_field("small")
    card = _thumbnail_field("card")


@extend_schema_serializer(component_name="AllThumbnails")
class AllThumbnailsOutput(ThumbnailsOutput):
    large = _thumbnail_field("large")


@extend_schema_serializer(component_name="Photo")
class PhotoOutput(serializers.Serializer):
    id = serializers.IntegerField()
    url = serializers.URLField(help_text="The photo at its full size.")
    thumbnails = ThumbnailsOutput()
    width = serializers.IntegerField(help_text="The width in pixels at full size.")
    height = serializers.IntegerField(help_text="The height in pixels at full size.")
    alt_text = serializers.CharField(help_text="What the photo shows; may be empty.")
    position = serializers.IntegerField(
        help_text="The photo's place among those of its product, lowest first."
    )


def photo_json(
    photo: ProductImage, root: str, sizes: Sequence[str] = LIST_SIZES
) -> dict[str, Any]:
    thumbnails = {}
    for size in sizes:
        thumbnail = Thumbnail(str(photo.file.name), size)
        thumbnails[size] = absolute(thumbnail.url, root)
    return {
        "id": photo.pk,
        "url": absolute(photo.file.url, root),
        "thumbnails": thumbnails,
        "width": photo.width,
        "height": photo.height,
        "alt_text": photo.alt_text,
        "position": photo.position,
    }


@extend_schema_serializer(component_name="DetailPhoto")
class DetailPhotoOutput(PhotoOutput):
    thumbnails = AllThumbnailsOutput()


@extend_schema_serializer(component_name="Product")
class ProductOutput(AttributesOutput):
    sku = serializers.CharField(help_text="The product's stable id in the shop.")
    title = serializers.CharField()
    brand = serializers.CharField(help_text="The brand; may be empty.")
    category = CategoryNameOutput()
    price = PriceOutput(help_text="What it costs now.")
    regular_price = PriceOutput(
        allow_null=True, help_text="What it costs without the sale; null without one."
    )
    availability = serializers.ChoiceField(Product.Availability.choices)
    stock = serializers.IntegerField(
        allow_null=True, help_text="How many there are; null where it is unknown."
    )
    in_stock = serializers.BooleanField(
        help_text="Whether it can be sent now: it is in stock, and not none are left."
    )
    url = serializers.URLField(help_text="The product's page in the shop.")


def product_json(product: Product, root: str) -> dict[str, Any]:
    """Return the product for every answer; `root` is as `https://shop.example`."""
    return {
        "sku": product.sku,
        "title": product.title,
        "brand": product.brand,
        "category": {"slug": product.category.slug, "name": product.category.name},
        "price": price_json(product.current_price_cents, product.currency),
        "regular_price": price_json(product.price_cents, product.currency)
        if product.is_reduced
        else None,
        "availability": product.availability,
        "stock": product.stock,
        "in_stock": product.in_stock,
        **attributes_json(product),
        "url": absolute(product.get_absolute_url(), root),
    }


@extend_schema_serializer(component_name="ListedProduct")
class ListedProductOutput(ProductOutput):
    cover = PhotoOutput(
        allow_null=True, help_text="The product's first photo, or null without one."
    )
    by_looks = serializers.BooleanField(
        help_text="Whether the product looks like the words, which it does not have."
    )


def listed_product_json(
    product: Product, cover: ProductImage | None, root: str, *, by_looks: bool = False
) -> dict[str, Any]:
    return {
        **product_json(product, root),
        "cover": photo_json(cover, root) if cover else None,
        "by_looks": by_looks,
    }


@extend_schema_serializer(component_name="ProductDetail")
class ProductDetailOutput(ProductOutput):
    description = serializers.CharField(help_text="The description; may be empty.")
    created = serializers.DateTimeField()
    updated = serializers.DateTimeField()
    photos = DetailPhotoOutput(many=True, help_text="All photos, the first one first.")
    variants = VariantOutput(many=True, help_text="What can be bought: the sizes.")


def product_detail_json(
    product: Product,
    photos: Sequence[ProductImage],
    variants: Iterable[Variant],
    root: str,
) -> dict[str, Any]:
    return {
        **product_json(product, root),
        "description": product.description,
        "created": _time_json(product.created),
        "updated": _time_json(product.updated),
        "photos": [photo_json(photo, root, tuple(SIZES)) for photo in photos],
        "variants": [variant_json(each, product.currency) for each in variants],
    }


def _time_json(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def root_of(request: Request) -> str:
    return request.build_absolute_uri("/").removesuffix("/")


def absolute(path: str, root: str) -> str:
    """Return a path of the shop as a URL; MEDIA_URL may name another host already."""
    return root + path if path.startswith("/") else path


class PageOutput(serializers.Serializer):
    count = serializers.IntegerField(help_text="The number of results on all pages.")
    next = serializers.URLField(
        allow_null=True, help_text="The next page, or null on the last one."
    )
    previous = serializers.URLField(
        allow_null=True, help_text="The previous page, or null on the first one."
    )


def check_page(number: int, size: int, count: int) -> None:
    """Raise NotFound beyond the last page. The first page always exists."""
    last = max(1, ceil(count / size))
    if number > last:
        raise NotFound(f"Page {number} is beyond the last, {last}.", "page_beyond_end")


def page_links(
    page_url: Callable[[int], str], number: int, has_more: bool
) -> dict[str, Any]:
    return {
        "next": page_url(number + 1) if has_more else None,
        "previous": page_url(number - 1) if number > 1 else None,
    }


def page_of(
    request: Request, rows: QuerySet | Matches, values: dict[str, Any], count: int
) -> dict[str, Any]:
    number, size = values["page"], values["page_size"]
    check_page(number, size, count)
    start, end = (number - 1) * size, number * size
    page_url = partial(replace_query_param, request.build_absolute_uri(), "page")
    return {
        "count": count,
        **page_links(page_url, number, end < count),
        "results": rows[start:end],
    }


@extend_schema_serializer(component_name="FacetValue")
class FacetValueOutput(serializers.Serializer):
    value = serializers.CharField(help_text="The value for the parameter.")
    name = serializers.CharField(help_text="The name to show.")
    count = serializers.IntegerField(help_text="How many products have the value.")
    chosen = serializers.BooleanField(help_text="Whether the request filters by it.")


@extend_schema_serializer(component_name="FacetPrices")
class PriceRangeOutput(serializers.Serializer):
    min_cents = serializers.IntegerField(
        allow_null=True, help_text="The lowest price, inclusive; null for none."
    )
    max_cents = serializers.IntegerField(
        allow_null=True, help_text="The highest price, inclusive; null for none."
    )
    count = serializers.IntegerField(help_text="How many products are in the range.")
    chosen = serializers.BooleanField(help_text="Whether the request filters by it.")


def _facet_field(facet: Facet) -> serializers.Field:
    if isinstance(facet, ValuesFacet):
        return FacetValueOutput(many=True)
    if isinstance(facet, PriceFacet):
        return PriceRangeOutput(many=True)
    return serializers.IntegerField(help_text="How many products are in stock.")


@extend_schema_serializer(component_name="Facets")
class FacetsOutput(serializers.Serializer):
    """The values that the answer can be filtered by, with how many products have each.

    Each facet is counted among the products that all other filters let through. A list
    counts among its 5,000 newest, a search among its candidates, at most the 500
    nearest.
    """

    at_least = serializers.BooleanField(
        help_text="Whether there were more products than were counted, so that choosing"
        " a value may find more than its count says."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        facets = {facet.name: _facet_field(facet) for facet in FACETS}
        return facets | super().get_fields()
