"""Products as programs send them."""

from functools import cache
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from catalog.api.strict import StrictSerializer
from catalog.error_codes import ErrorCode
from catalog.models import Product
from catalog.money import MAX_MINOR
from catalog.variants.models import SKU_VALIDATOR, Availability
from catalog.writes.store import REQUIRED

MAX_VARIANTS = 200
MAX_QUANTITY = 2**31 - 1
_STOCK = ("availability", "stock")
# What a product that is replaced has where nothing is said.
DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(("description", "brand", "group", "colour", "material"), ""),
    **dict.fromkeys(("pattern", "gender", "age_group", "link"), ""),
    **dict.fromkeys(("sale_price_cents", "sale_starts", "sale_ends")),
}


def sku_field(help_text: str) -> serializers.CharField:
    return serializers.CharField(
        max_length=64, validators=[SKU_VALIDATOR], help_text=help_text
    )


def _text(name: str, help_text: str, **options: Any) -> serializers.CharField:
    return serializers.CharField(
        max_length=getattr(Product._meta.get_field(name), "max_length", None),
        required=False,
        allow_blank=True,
        help_text=help_text,
        **options,
    )


def _cents(help_text: str, **options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0,
        max_value=MAX_MINOR,
        help_text=help_text,
        **options,
    )


def _quantity(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0,
        max_value=MAX_QUANTITY,
        allow_null=True,
        help_text="How many there are; null for unknown.",
        **options,
    )


class VariantInput(StrictSerializer):
    sku = sku_field("The SKU of the size; no other product has it.")
    size = serializers.CharField(
        max_length=40, default="", allow_blank=True, help_text="As `M` or `42`."
    )
    gtin = serializers.RegexField(
        r"^([0-9]{8}|[0-9]{12,14})?\Z",
        default="",
        allow_blank=True,
        error_messages={"invalid": "A GTIN has 8 or 12 to 14 digits."},
        help_text="The number below the bar code.",
    )
    availability = serializers.ChoiceField(
        Availability.choices, default=Availability.IN_STOCK
    )
    stock = _quantity(source="quantity", default=None)
    price_cents = _cents(
        "Its own price; null for the product's.", default=None, allow_null=True
    )
    sale_price_cents = _cents(
        "Its own price in the sale; null for the product's.",
        default=None,
        allow_null=True,
    )


class ProductInput(StrictSerializer):
    """A product. What is missing stays as it is; a new one needs the first three."""

    title = serializers.CharField(max_length=160, required=False)
    category = serializers.CharField(
        max_length=80,
        required=False,
        help_text="The slug or the name of a category. A new name makes a new one.",
    )
    price_cents = _cents(
        "The price in the minor unit of the shop's currency.", required=False
    )
    description = serializers.CharField(
        max_length=50_000, required=False, allow_blank=True
    )
    brand = _text("brand", "The brand; may be empty.")
    status = serializers.ChoiceField(
        Product.Status.choices,
        required=False,
        help_text="Only published products are found. The default is `published`.",
    )
    sale_price_cents = _cents(
        "The price in the sale, lower than the price; null for none.",
        required=False,
        allow_null=True,
    )
    sale_starts = serializers.DateTimeField(required=False, allow_null=True)
    sale_ends = serializers.DateTimeField(required=False, allow_null=True)
    group = _text("group", "The same text for one style in several colours.")
    colour = _text("colour", "The colour in the shop's own words.")
    material = _text("material", "As `linen`.")
    pattern = _text("pattern", "As `striped`.")
    gender = serializers.ChoiceField(
        Product.Gender.choices, required=False, allow_blank=True
    )
    age_group = serializers.ChoiceField(
        Product.AgeGroup.choices, required=False, allow_blank=True
    )
    link = serializers.URLField(
        max_length=2000,
        required=False,
        allow_blank=True,
        help_text="The page where it can be bought.",
    )
    availability = serializers.ChoiceField(
        Availability.choices,
        required=False,
        help_text="Of a product without sizes; otherwise write `variants`.",
    )
    stock = _quantity(required=False)
    variants = serializers.ListField(
        child=VariantInput(),
        required=False,
        min_length=1,
        max_length=MAX_VARIANTS,
        help_text="All sizes, in order. They replace those that are there.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        variants = attrs.get("variants")
        if variants is None:
            return attrs
        for name in _STOCK:
            if name in attrs:
                message = f"Give {name} for each of the variants."
                error = ErrorDetail(message, ErrorCode.CONFLICT)
                raise ValidationError({name: [error]})
        skus = [each["sku"] for each in variants]
        if len(set(skus)) < len(skus):
            error = ErrorDetail("Two variants have one SKU.", ErrorCode.REPEATED_SKU)
            raise ValidationError({"variants": [error]})
        return attrs


class WholeProductInput(ProductInput):
    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for name in REQUIRED:
            fields[name].required = True
        return fields


class BulkProductInput(ProductInput):
    sku = sku_field("The product's stable id in the shop.")


def check_sku(sku: str) -> None:
    try:
        sku_field("").run_validation(sku)
    except ValidationError as error:
        raise ValidationError({"sku": error.detail}) from error


@cache
def _serializer(kind: type[ProductInput]) -> ProductInput:
    # Copying the fields for each of many products takes longer than reading them.
    return kind()


def read_product(data: Any, kind: type[ProductInput] = ProductInput) -> dict[str, Any]:
    """Return the valid values. Raises ValidationError."""
    return _serializer(kind).run_validation(data)
