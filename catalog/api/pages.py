"""Lists in answers: their pages and facets."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from catalog.facets import FACETS, Facet, PriceFacet, ValuesFacet
from catalog.listing import Matches
from catalog.models import Product


class PageOutput(serializers.Serializer):
    count = serializers.IntegerField(help_text="The number of results on all pages.")
    next = serializers.URLField(
        allow_null=True, help_text="The next page, or null on the last one and beyond."
    )
    previous = serializers.URLField(
        allow_null=True, help_text="The previous page, or null on the first one."
    )


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
    start, end = (number - 1) * size, number * size
    page_url = partial(replace_query_param, request.build_absolute_uri(), "page")
    return {
        "count": count,
        **page_links(page_url, number, end < count),
        # What is beyond the end is empty: the shop may have shrunk meanwhile.
        "results": rows[start:end] if start < count else [],
    }


class Cursor:
    """The place behind a product in an ordered list, as a text.

    Unlike the number of a page, it stays right while products come and go.
    """

    def __init__(self, order: Sequence[str]) -> None:
        self.order = order
        self.fields = [name.removeprefix("-") for name in order]

    def behind(self, product: Product) -> str:
        values = [getattr(product, name) for name in self.fields]
        text = json.dumps([getattr(v, "isoformat", lambda v=v: v)() for v in values])
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def rows_behind(self, rows: QuerySet[Product], text: str) -> QuerySet[Product]:
        """Raises ValidationError."""
        condition, same = Q(), Q()
        for name, value in zip(self.order, self._read(text), strict=True):
            field = name.removeprefix("-")
            comparison = "lt" if name.startswith("-") else "gt"
            condition |= same & Q(**{f"{field}__{comparison}": value})
            same &= Q(**{field: value})
        return rows.filter(condition)

    def _read(self, text: str) -> list[Any]:
        try:
            values = json.loads(urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}"))
            fields = [Product._meta.get_field(name) for name in self.fields]
            return [
                field.clean(value, None)  # type: ignore[union-attr]
                for field, value in zip(fields, values, strict=True)
            ]
        except (ValueError, TypeError, RecursionError, InvalidValue) as error:
            detail = "This is not a next_cursor of the same list, or in another order."
            raise ValidationError({"cursor": [detail]}) from error


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


@extend_schema_serializer(component_name="PriceSpan")
class PriceSpanOutput(serializers.Serializer):
    min_cents = serializers.IntegerField(help_text="The lowest price.")
    max_cents = serializers.IntegerField(help_text="The highest price.")


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

    price_span = PriceSpanOutput(
        allow_null=True,
        help_text="The lowest and the highest price that may be chosen; null without"
        " products.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        facets = {facet.name: _facet_field(facet) for facet in FACETS}
        return facets | super().get_fields()
