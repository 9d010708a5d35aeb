"""What products in lists have on request: descriptions, photos, sizes, colours."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.api.attributes import VariantOutput, variant_json
from catalog.api.serializers import (
    Audience,
    DetailPhotoOutput,
    PhotoOutput,
    ProductOutput,
    absolute,
    detail_photo_json,
    photo_json,
    product_json,
)
from catalog.models import Product, ProductImage

EXPANDABLE = ("description", "photos", "variants", "other_colours")
MAX_OTHER_COLOURS = 24  # of one product
MAX_IN_GROUPS = 2_000  # products read for a page
_ON_REQUEST = "null without `expand={}`."


@extend_schema_serializer(component_name="OtherColour")
class OtherColourOutput(serializers.Serializer):
    sku = serializers.CharField()
    colour = serializers.CharField(help_text="In the shop's words; may be empty.")
    in_stock = serializers.BooleanField()
    url = serializers.URLField(help_text="The product's page in the shop.")
    photo = PhotoOutput(allow_null=True, help_text="Its first photo.")


@extend_schema_serializer(component_name="ExpandedProduct")
class ExpandedProductOutput(ProductOutput):
    description = serializers.CharField(
        allow_null=True,
        help_text=f"May be empty; {_ON_REQUEST.format('description')}",
    )
    photos = DetailPhotoOutput(
        many=True,
        allow_null=True,
        help_text=f"All of them, the first one first; {_ON_REQUEST.format('photos')}",
    )
    variants = VariantOutput(
        many=True, allow_null=True, help_text=f"Sizes; {_ON_REQUEST.format('variants')}"
    )
    other_colours = OtherColourOutput(
        many=True,
        allow_null=True,
        help_text="The same style in other colours, at most"
        f" {MAX_OTHER_COLOURS}; {_ON_REQUEST.format('other_colours')}",
    )


@dataclass(frozen=True)
class Expansion:
    """What is shown of each product beside the usual."""

    names: Collection[str] = ()
    groups: dict[str, list[Product]] = field(default_factory=dict)

    @classmethod
    def load(cls, products: Sequence[Product], names: Collection[str]) -> "Expansion":
        if "variants" in names:
            prefetch_related_objects(products, "variants")
        if "photos" in names:
            photos = ProductImage.objects.order_by("position", "id")
            prefetch_related_objects(products, Prefetch("images", photos))
        groups: dict[str, list[Product]] = defaultdict(list)
        wanted = {product.group for product in products if product.group}
        if wanted and "other_colours" in names:
            rows = Product.objects.published().of_groups(wanted).with_photos()
            for product in rows[:MAX_IN_GROUPS]:
                groups[product.group].append(product)
        return cls(names, groups)

    def write(self, product: Product, audience: Audience) -> dict[str, Any]:
        return {
            **product_json(product, audience),
            "description": product.description if "description" in self.names else None,
            "photos": self._photos(product, audience),
            "variants": self._variants(product, audience),
            "other_colours": self._other_colours(product, audience),
        }

    def _photos(self, product: Product, audience: Audience) -> list | None:
        if "photos" not in self.names:
            return None
        return [detail_photo_json(each, audience) for each in product.images.all()]

    def _variants(self, product: Product, audience: Audience) -> list | None:
        if "variants" not in self.names:
            return None
        return [
            variant_json(each, product.currency, exact_stock=audience.exact_stock)
            for each in product.variants.all()
        ]

    def _other_colours(self, product: Product, audience: Audience) -> list | None:
        if "other_colours" not in self.names:
            return None
        others = [p for p in self.groups.get(product.group, ()) if p.pk != product.pk]
        return list(_other_colours_json(others[:MAX_OTHER_COLOURS], audience))


NO_EXPANSION = Expansion()


def _other_colours_json(
    products: Iterable[Product], audience: Audience
) -> Iterable[dict[str, Any]]:
    for product in products:
        yield {
            "sku": product.sku,
            "colour": product.colour,
            "in_stock": product.in_stock,
            "url": absolute(product.get_absolute_url(), audience.root),
            "photo": photo_json(product.cover, audience) if product.cover else None,
        }
