"""Attributes and variants of products in answers."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.models import Product
from catalog.money import amount
from catalog.variants.models import Availability, Variant


@extend_schema_serializer(component_name="Price")
class PriceOutput(serializers.Serializer):
    cents = serializers.IntegerField(
        help_text="The price in the currency's minor unit (ISO 4217): cents of euros,"
        " whole yen, fils of dinars."
    )
    currency = serializers.CharField(help_text="The ISO 4217 code, such as `EUR`.")
    display = serializers.CharField(help_text="The price as text: `19.90 EUR`.")


def price_json(cents: int, currency: str) -> dict[str, Any]:
    display = f"{amount(cents, currency)} {currency}"
    return {"cents": cents, "currency": currency, "display": display}


class AttributesOutput(serializers.Serializer):
    group = serializers.CharField(
        help_text="The same for one style in several colours; may be empty."
    )
    colour = serializers.CharField(help_text="In the shop's words; may be empty.")
    sizes = serializers.ListField(
        child=serializers.CharField(), help_text="The sizes that can be had."
    )
    material = serializers.CharField(help_text="The material; may be empty.")
    pattern = serializers.CharField(help_text="The pattern; may be empty.")
    gender = serializers.ChoiceField(
        [*Product.Gender.choices, ("", "")], help_text="Whom it is for; may be empty."
    )
    age_group = serializers.ChoiceField(
        [*Product.AgeGroup.choices, ("", "")], help_text="Whom it is for; may be empty."
    )
    link = serializers.CharField(help_text="Where it can be bought; may be empty.")


ATTRIBUTES = ("group", "colour", "material", "pattern", "gender", "age_group", "link")


def attributes_json(product: Product) -> dict[str, Any]:
    return {**{n: getattr(product, n) for n in ATTRIBUTES}, "sizes": product.sizes}


@extend_schema_serializer(component_name="Variant")
class VariantOutput(serializers.Serializer):
    sku = serializers.CharField()
    size = serializers.CharField(help_text="The size; empty if there is only one.")
    gtin = serializers.CharField(help_text="The GTIN (EAN, UPC); may be empty.")
    price = PriceOutput(help_text="What it costs now.")
    availability = serializers.ChoiceField(Availability.choices)
    stock = serializers.IntegerField(
        allow_null=True,
        help_text="How many there are, with a secret key; null where it is unknown.",
    )
    in_stock = serializers.BooleanField()


def variant_json(
    variant: Variant, currency: str, *, exact_stock: bool
) -> dict[str, Any]:
    return {
        "sku": variant.sku,
        "size": variant.size,
        "gtin": variant.gtin,
        "price": price_json(variant.current_price_cents, currency),
        "availability": variant.availability,
        "stock": variant.quantity if exact_stock else None,
        "in_stock": variant.in_stock,
    }
