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

from catalog.api.base import PublicView
from catalog.api.examples import (
    PRODUCT_PAGE,
)
from catalog.api.pages import FacetsOutput, PageOutput, page_of
from catalog.api.problems import (
    INVALID,
    PAGE_BEYOND_END,
    THROTTLED,
    UNAVAILABLE,
    problems,
)
from catalog.api.serializers import (
    ListedProductOutput,
    audience_of,
    listed_product_json,
)
from catalog.error_codes import ErrorCode
from catalog.listing import Listing
from catalog.parameters import (
    ORDERINGS,
    ListingParameters,
    PageParameters,
    filters_of,
)


class ProductListView(PublicView):
    class Input(PageParameters, ListingParameters):
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
        results = ListedProductOutput(many=True)

    @extend_schema(
        operation_id="products",
        summary="List products",
        tags=["catalogue"],
        parameters=[Input],
        responses={
            200: Output,
            **problems(INVALID, PAGE_BEYOND_END, THROTTLED, UNAVAILABLE),
        },
        examples=[PRODUCT_PAGE],
    )
    def get(self, request: Request) -> Response:
        """Returns the published products that match all filters, page by page."""
        values = self.Input.read(request.query_params)
        listing = Listing(
            filters_of(values), values.get("q", ""), values.get("sku", ())
        )
        rows = listing.in_order(_order(values))
        page = page_of(request, rows, values, listing.exact_count)
        listing.report_count()
        audience = audience_of(request)
        page["words"] = listing.words_query.words if "q" in values else None
        page["facets"] = FacetsOutput(listing.facets).data if values["facets"] else None
        looking = set(listing.look_ids)
        page["results"] = [
            listed_product_json(
                product,
                product.cover,
                audience,
                by_looks=product.pk in looking,
                explain=values["explain"],
            )
            for product in page["results"]
        ]
        return Response(page)


def _order(values: dict[str, Any]) -> Sequence[str]:
    ordering = values.get("ordering", "relevance" if "q" in values else "-created")
    return () if ordering == "relevance" else ORDERINGS[ordering]
