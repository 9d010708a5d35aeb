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
from catalog.models import FoundIn, Product, ProductImage
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
    photo: ProductImage, audience: Audience, sizes: Sequence[str] = LIST_SIZES
) -> dict[str, Any]:
    thumbnails = {}
    for size in sizes:
        thumbnail = Thumbnail(str(photo.file.name), size)
        thumbnails[size] = absolute(thumbnail.url, audience.root)
    return {
        "id": photo.pk,
        "url": absolute(photo.file.url, audience.root),
        "thumbnails": thumbnails,
        "width": photo.width,
        "height": photo.height,
        "alt_text": photo.alt_text,
        "position": photo.position,
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


@extend_schema_serializer(component_name="Explanation")
class ExplanationOutput(serializers.Serializer):
    found_in = serializers.ChoiceField(
        ["phrase", "title", "attributes", "description", "looks", "age"],
        help_text="Where the words stand: together in title and brand, in these, in"
        " attributes or category too, in description or codes too; `looks`: only the"
        " photo looks like them; `age`: beyond the first 1,000, ordered by age alone.",
    )
    in_stock = serializers.BooleanField(
        help_text="In each of these places, what is in stock comes first."
    )
    rank = serializers.FloatField(
        allow_null=True, help_text="Then by this rank, and then the newest first."
    )


def explanation_json(product: Product, *, by_looks: bool) -> dict[str, Any]:
    place = getattr(product, "found_in", None)
    other = "looks" if by_looks else "age"
    return {
        "found_in": FoundIn(place).label if place else other,
        "in_stock": product.in_stock,
        "rank": getattr(product, "rank", None),
    }


@extend_schema_serializer(component_name="ListedProduct")
class ListedProductOutput(ProductOutput):
    cover = PhotoOutput(
        allow_null=True, help_text="The product's first photo, or null without one."
    )
    by_looks = serializers.BooleanField(
        help_text="Whether the product looks like the words, which it does not have."
    )
    explanation = ExplanationOutput(
        allow_null=True, help_text="Why it stands where it does, with `explain=true`."
    )


def listed_product_json(
    product: Product,
    cover: ProductImage | None,
    audience: Audience,
    *,
    by_looks: bool = False,
    explain: bool = False,
) -> dict[str, Any]:
    why = explanation_json(product, by_looks=by_looks) if explain else None
    return {
        **product_json(product, audience),
        "cover": photo_json(cover, audience) if cover else None,
        "by_looks": by_looks,
        "explanation": why,
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
