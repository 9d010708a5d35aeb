"""Products, photos and facets in answers.

The serializers describe them for the schema, and the functions beside them write them:
DRF's serializers would take four times as long. A test holds the two together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request

from catalog.api.attributes import (
    AttributesOutput,
    PriceOutput,
    VariantOutput,
    attributes_json,
    price_json,
    variant_json,
)
from catalog.models import Product, ProductImage
from catalog.photos.colours import COLOUR_NAMES
from catalog.photos.thumbnails import SIZES, Thumbnail
from catalog.variants.models import Variant

LIST_SIZES = ("small", "card")


@dataclass(frozen=True)
class Audience:
    """Whom an answer is for."""

    root: str  # as https://shop.example
    exact_stock: bool = False


def audience_of(request: Request) -> Audience:
    owner = getattr(request._request, "api_owner", "")
    is_staff = owner.startswith("account-")
    return Audience(
        request.build_absolute_uri("/").removesuffix("/"),
        exact_stock=is_staff or getattr(request.auth, "is_secret", False),
    )


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


@extend_schema_serializer(component_name="Rendition")
class RenditionOutput(serializers.Serializer):
    url = serializers.URLField()
    width = serializers.IntegerField(help_text="In pixels.")
    height = serializers.IntegerField(help_text="In pixels.")


@extend_schema_serializer(component_name="Photo")
class PhotoOutput(serializers.Serializer):
    id = serializers.IntegerField()
    url = serializers.URLField(help_text="The photo at its full size.")
    thumbnails = ThumbnailsOutput()
    renditions = RenditionOutput(
        many=True, help_text="All smaller copies with their sizes, for `srcset`."
    )
    width = serializers.IntegerField(help_text="The width in pixels at full size.")
    height = serializers.IntegerField(help_text="The height in pixels at full size.")
    alt_text = serializers.CharField(help_text="What the photo shows; may be empty.")
    position = serializers.IntegerField(
        help_text="The photo's place among those of its product, lowest first."
    )
    colours = serializers.ListField(
        child=serializers.ChoiceField(COLOUR_NAMES),
        help_text="Those of the garment, the main one first; empty until it is looked"
        " at.",
    )


def photo_json(
    photo: ProductImage, audience: Audience, sizes: Sequence[str] = LIST_SIZES
) -> dict[str, Any]:
    copies = {size: Thumbnail(str(photo.file.name), size) for size in sizes}
    return {
        "id": photo.pk,
        "url": absolute(photo.file.url, audience.root),
        "thumbnails": {n: absolute(copies[n].url, audience.root) for n in sizes},
        "renditions": [
            {
                "url": absolute(each.url, audience.root),
                "width": each.width,
                "height": each.height,
            }
            for each in photo.renditions
        ],
        "width": photo.width,
        "height": photo.height,
        "alt_text": photo.alt_text,
        "position": photo.position,
        "colours": photo.colours,
    }


def detail_photo_json(photo: ProductImage, audience: Audience) -> dict[str, Any]:
    return photo_json(photo, audience, tuple(SIZES))


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
        allow_null=True,
        help_text="How many there are, with a secret key; null where it is unknown.",
    )
    in_stock = serializers.BooleanField(
        help_text="Whether it can be sent now: it is in stock, and not none are left."
    )
    url = serializers.URLField(help_text="The product's page in the shop.")


def product_json(product: Product, audience: Audience) -> dict[str, Any]:
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
        "stock": product.stock if audience.exact_stock else None,
        "in_stock": product.in_stock,
        **attributes_json(product),
        "url": absolute(product.get_absolute_url(), audience.root),
    }


@extend_schema_serializer(component_name="ProductDetail")
class ProductDetailOutput(ProductOutput):
    description = serializers.CharField(help_text="The description; may be empty.")
    status = serializers.ChoiceField(
        Product.Status.choices,
        help_text="Always `published`, unless a secret key with the scope `catalogue`"
        " asks.",
    )
    sale_starts = serializers.DateTimeField(allow_null=True)
    sale_ends = serializers.DateTimeField(allow_null=True)
    created = serializers.DateTimeField()
    updated = serializers.DateTimeField()
    photos = DetailPhotoOutput(many=True, help_text="All photos, the first one first.")
    variants = VariantOutput(many=True, help_text="What can be bought: the sizes.")


def product_detail_json(
    product: Product,
    photos: Sequence[ProductImage],
    variants: Iterable[Variant],
    audience: Audience,
) -> dict[str, Any]:
    return {
        **product_json(product, audience),
        "description": product.description,
        "status": product.status,
        "sale_starts": _time_json(product.sale_starts),
        "sale_ends": _time_json(product.sale_ends),
        "created": _time_json(product.created),
        "updated": _time_json(product.updated),
        "photos": [detail_photo_json(photo, audience) for photo in photos],
        "variants": [
            variant_json(each, product.currency, exact_stock=audience.exact_stock)
            for each in variants
        ],
    }


def _time_json(time: datetime | None) -> str | None:
    return time.isoformat().replace("+00:00", "Z") if time else None


def absolute(path: str, root: str) -> str:
    """Return a path of the shop as a URL; MEDIA_URL may name another host already."""
    return root + path if path.startswith("/") else path
