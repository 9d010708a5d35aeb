"""The filters and facets of a search, as the API takes and gives them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from catalog.parameters import SHOWN_LENGTH, Parameters
from search.filters import MAX_CENTS, MAX_VALUES, ParameterError, Filters


# Empty, or the docs' "Try it out" would send the word "string".
@extend_schema_field(
    {"type": "array", "items": {"type": "string"}, "examples": [[]], "default": []}
)
class ValuesField(serializers.ListField):
    """Several mean any of them; an empty one, as forms send it, is none."""

    child = serializers.CharField(max_length=SHOWN_LENGTH, allow_blank=True)

    def __init__(self, help_text: str) -> None:
        super().__init__(max_length=MAX_VALUES, required=False, help_text=help_text)


def _cents(help_text: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0, max_value=MAX_CENTS, required=False, help_text=help_text
    )


class FilterParameters(Parameters):
    category = ValuesField("Slug; several mean any of them")
    brand = ValuesField("Whole name; several mean any of them")
    colour = ValuesField("Of the garment in the photo; several mean any of them")
    price_min = _cents("Cents, included")
    price_max = _cents("Cents, included")
    in_stock = serializers.BooleanField(
        required=False,
        allow_null=True,
        error_messages={"invalid": "Use true or false."},
        help_text="False: only what is sold out",
    )
    facets = serializers.BooleanField(
        default=False,
        error_messages={"invalid": "Use true or false."},
        help_text="Count what the answer could be narrowed to; takes longer",
    )


def filters_of(asked: dict[str, Any]) -> Filters:
    """Raises ValidationError."""
    try:
        filters = Filters.of(asked)
        filters.check()
    except ParameterError as error:
        raise ValidationError(
            {error.name: [ErrorDetail(str(error), error.code)]}
        ) from error
    return filters


@extend_schema_serializer(component_name="FacetValue")
class ValueOutput(serializers.Serializer):
    value = serializers.CharField(help_text="For the parameter")
    name = serializers.CharField(help_text="For people")
    count = serializers.IntegerField(help_text="Products")
    chosen = serializers.BooleanField()


@extend_schema_serializer(component_name="FacetPrices")
class PriceRangeOutput(serializers.Serializer):
    min_cents = serializers.IntegerField(allow_null=True, help_text="Included")
    max_cents = serializers.IntegerField(allow_null=True, help_text="Included")
    count = serializers.IntegerField(help_text="Products")
    chosen = serializers.BooleanField()


@extend_schema_serializer(component_name="Facets")
class FacetsOutput(serializers.Serializer):
    """What the answer could be narrowed to: products of each value among the query's
    candidates, at most the 500 nearest that the other filters let through."""

    categories = ValueOutput(many=True)
    brands = ValueOutput(many=True)
    colours = ValueOutput(many=True)
    prices = PriceRangeOutput(many=True)
    in_stock = serializers.IntegerField(help_text="Products that can be bought")
    at_least = serializers.BooleanField(
        help_text="True: the candidates are the 500 nearest of more, so that choosing a"
        " value may find more than its count"
    )
