from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import (
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from catalog.api.base import PublicView
from catalog.api.examples import (
    PRODUCT_PAGE,
)
from catalog.api.listed.expansion import Expansion
from catalog.api.listed.parameters import SPARSE, FieldParameters, respond
from catalog.api.listed.serializers import (
    ListedProductOutput,
    highlights_of,
    listed_product_json,
)
from catalog.api.pages import Cursor, FacetsOutput, PageOutput, page_of
from catalog.api.problems import (
    INVALID,
    THROTTLED,
    UNAVAILABLE,
    problems,
)
from catalog.api.serializers import audience_of
from catalog.error_codes import ErrorCode
from catalog.listing import Listing, Matches
from catalog.parameters import (
    ORDERINGS,
    ListingParameters,
    PageParameters,
    filters_of,
)


class ProductListView(PublicView):
    class Input(PageParameters, ListingParameters, FieldParameters):
        cursor = serializers.CharField(
            required=False,
            allow_blank=True,
            max_length=200,
            help_text="Instead of `page`: empty for the first page, then `next_cursor`"
            " of the last answer. Nothing is repeated or skipped while the shop"
            " changes. Not with the ordering `relevance`.",
        )
        explain = serializers.BooleanField(
            default=False,
            help_text="`true` says for each product why it stands where it does; with"
            " `q`, in the order of relevance.",
        )

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            if attrs["explain"] and (_order(attrs) or "q" not in attrs):
                message = "Only the order of relevance, with words in q, is explained."
                raise ValidationError(
                    {"explain": ErrorDetail(message, ErrorCode.CONFLICT)}
                )
            return super().validate(attrs)

    @extend_schema_serializer(component_name="ProductPage")
    class Output(PageOutput):
        words = serializers.CharField(
            allow_null=True,
            help_text="The words that were searched for, with typing errors corrected;"
            " null without `q`.",
        )
        facets = FacetsOutput(
            allow_null=True, help_text="The facets, with `facets=true` only."
        )
        next_cursor = serializers.CharField(
            allow_null=True,
            help_text="The `cursor` of what follows; null at the end and with the"
            " ordering `relevance`.",
        )
        results = ListedProductOutput(many=True)

    @extend_schema_serializer(component_name="SparseProductPage")
    class SparseOutput(Output):
        results = serializers.ListField(  # type: ignore[assignment]
            child=serializers.DictField(),
            help_text="As `ListedProduct`, with the chosen attributes only.",
        )

    @extend_schema(
        operation_id="products",
        summary="List products",
        tags=["catalogue"],
        parameters=[Input],
        responses={
            (200, "application/json"): Output,
            (200, SPARSE): SparseOutput,
            **problems(INVALID, THROTTLED, UNAVAILABLE),
        },
        examples=[PRODUCT_PAGE],
    )
    def get(self, request: Request) -> Response:
        """Returns the published products that match all filters, page by page."""
        values = self.Input.read(request.query_params)
        listing = Listing(
            filters_of(values),
            values.get("q", ""),
            values.get("sku", ()),
            values.get("facet_query"),
        )
        page = _page(request, listing, values)
        listing.report_count()
        audience = audience_of(request)
        page["words"] = listing.words_query.words if "q" in values else None
        page["facets"] = FacetsOutput(listing.facets).data if values["facets"] else None
        looking = set(listing.look_ids)
        products = list(page["results"])
        expansion = Expansion.load(products, values.get("expand", ()))
        highlights = {}
        if values["highlight"] and "q" in values:
            highlights = highlights_of(products, listing.words_query)
        page["results"] = [
            listed_product_json(
                product,
                product.cover,
                audience,
                by_looks=product.pk in looking,
                explain=values["explain"],
                expansion=expansion,
                highlights=highlights.get(product.pk),
            )
            for product in products
        ]
        return respond(page, values)


def _page(request: Request, listing: Listing, values: dict[str, Any]) -> dict[str, Any]:
    order = _order(values)
    rows = listing.in_order(order)
    place = values.get("cursor")
    if place is None:
        page = page_of(request, rows, values, listing.exact_count)
        more = order and page["next"] and page["results"]
        last = list(page["results"])[-1] if more else None
        return {**page, "next_cursor": Cursor(order).behind(last) if last else None}
    if isinstance(rows, Matches) or not order:
        detail = "A cursor needs another ordering than relevance."
        raise ValidationError({"cursor": [ErrorDetail(detail, ErrorCode.CONFLICT)]})
    cursor, size = Cursor(order), values["page_size"]
    found = list((cursor.rows_behind(rows, place) if place else rows)[: size + 1])
    onward = cursor.behind(found[size - 1]) if len(found) > size else None
    url = request.build_absolute_uri()
    return {
        "count": listing.exact_count,
        "next": replace_query_param(url, "cursor", onward) if onward else None,
        "previous": None,
        "next_cursor": onward,
        "results": found[:size],
    }


def _order(values: dict[str, Any]) -> Sequence[str]:
    ordering = values.get("ordering", "relevance" if "q" in values else "-created")
    return () if ordering == "relevance" else ORDERINGS[ordering]
