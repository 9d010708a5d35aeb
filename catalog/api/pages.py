"""Lists in answers: their pages and facets."""

from collections.abc import Callable
from functools import partial
from math import ceil
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from catalog.facets import FACETS, Facet, PriceFacet, ValuesFacet
from catalog.listing import Matches


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
