"""Recommendations for other frontends: what goes with one product or is like some."""

import time

from django.urls import path, re_path
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.examples import example
from catalog.api.links import root_of
from catalog.api.problems import problems
from catalog.api.views import (
    INVALID,
    NO_PRODUCT,
    SKU,
    SKU_PARAMETER,
    UNAVAILABLE,
    PhotoOutput,
    ProductOutput,
    PublicView,
    published_product,
)
from catalog.models import Product
from catalog.parameters import Parameters
from search.api.events import EventsView
from search.api.examples import GOES_WITH, RECOMMENDATIONS
from search.api.serializers import MatchOutput, match_json, piece_json
from search.api.views import about_list, service_errors
from search.models import Event
from search.recommend.recommendations import MAX_SEEDS, MOST_WORN, because_of, goes_with

QUERY = serializers.CharField(help_text="Names this list for `/events/`")


class GoesWithView(PublicView):
    class Input(Parameters):
        limit = serializers.IntegerField(
            min_value=1, max_value=MOST_WORN, default=MOST_WORN
        )

    @extend_schema_serializer(component_name="GoesWith")
    class Output(serializers.Serializer):
        @extend_schema_serializer(component_name="Piece")
        class PieceOutput(serializers.Serializer):
            """No distance: between kinds of garment it says little."""

            product = ProductOutput()
            photo = PhotoOutput(source="image", help_text="The photo that goes with it")

        query = QUERY
        encoder = serializers.CharField(help_text="Version of the network")
        took_ms = serializers.FloatField()
        results = PieceOutput(
            many=True,
            help_text="One of each kind of garment makes the first outfit, the second"
            " of each the next; none for a category whose kind is not known",
        )

    @extend_schema(
        operation_id="goes_with",
        summary="What goes with a product",
        tags=["search"],
        parameters=[SKU_PARAMETER, Input],
        responses={
            200: Output,
            **problems(
                invalid_400=INVALID,
                product_not_found_404=NO_PRODUCT,
                unavailable_503=UNAVAILABLE,
            ),
        },
        examples=example(GOES_WITH),
    )
    def get(self, request: Request, sku: str) -> Response:
        """Products of other kinds to wear with this one, in stock, chosen by the
        harmony of their colours and then by style."""
        limit = self.Input.read(request.query_params)["limit"]
        product = published_product(sku)
        started = time.perf_counter()
        with service_errors():
            found = goes_with(product=product, limit=limit)
            answer = about_list(found, Event.Listing.GOES_WITH, started, product.pk)
        root = root_of(request)
        answer["results"] = [piece_json(match, root) for match in found]
        return Response(answer)


class RecommendationsView(PublicView):
    class Input(Parameters):
        product = serializers.ListField(
            child=serializers.CharField(max_length=64),
            min_length=1,
            max_length=MAX_SEEDS,
            help_text="SKUs, the last one looked at first; those that are not in the"
            " shop are left out",
        )
        limit = serializers.IntegerField(min_value=1, max_value=48, default=12)

    @extend_schema_serializer(component_name="Recommendations")
    class Output(serializers.Serializer):
        query = QUERY
        encoder = serializers.CharField(help_text="Version of the network")
        took_ms = serializers.FloatField()
        because = serializers.ListField(
            child=serializers.CharField(), help_text="SKUs of those that are known"
        )
        results = MatchOutput(
            many=True,
            help_text="In turn the nearest of each product; never one of them, and"
            " nothing beyond the encoder's last band",
        )

    @extend_schema(
        operation_id="recommendations",
        summary="Because of products looked at",
        tags=["search"],
        parameters=[Input],
        responses={
            200: Output,
            **problems(invalid_400=INVALID, unavailable_503=UNAVAILABLE),
        },
        examples=example(RECOMMENDATIONS),
    )
    def get(self, request: Request) -> Response:
        """Products in stock that look like the first of those given. The list is the
        client's to keep: nothing of it is kept here."""
        asked = self.Input.read(request.query_params)
        started = time.perf_counter()
        rows = Product.objects.published().with_skus(asked["product"])
        ids = dict(rows.values_list("sku", "id"))
        because = [sku for sku in dict.fromkeys(asked["product"]) if sku in ids]
        with service_errors():
            found = because_of(
                products=[ids[sku] for sku in because], limit=asked["limit"]
            )
            answer = about_list(found, Event.Listing.LOOKED_AT, started)
        answer["because"] = because
        root = root_of(request)
        answer["results"] = [match_json(match, root) for match in found]
        return Response(answer)


urlpatterns = [
    path("events/", EventsView.as_view(), name="events"),
    path("recommendations/", RecommendationsView.as_view(), name="recommendations"),
    re_path(rf"^products/{SKU}/goes-with/$", GoesWithView.as_view(), name="goes-with"),
]
