import time

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.base import PublicView
from catalog.api.listed.parameters import ExpandParameters
from catalog.api.problems import INVALID, PRODUCT_NOT_FOUND, UNAVAILABLE, problems
from catalog.api.product import SKU_PARAMETER, published_product
from catalog.parameters import MAX_PAGE_SIZE
from search.api.base import NO_ENCODER, ServiceErrors, list_json
from search.api.examples import SIMILAR
from search.api.serializers import ListOutput, MatchOutput, matches_json
from search.models import Event
from search.query.parameters import WeightParameters
from search.query.similar import (
    SIMILAR_ITEMS,
    has_no_vector,
    has_pending_photos,
    similar_products,
)
from search.query.weights import Weights


class SimilarView(ServiceErrors, PublicView):
    class Input(WeightParameters, ExpandParameters):
        limit = serializers.IntegerField(
            min_value=1,
            max_value=MAX_PAGE_SIZE,
            default=SIMILAR_ITEMS,
            help_text="How many products to return.",
        )

    @extend_schema_serializer(component_name="SimilarProducts")
    class Output(ListOutput):
        pending = serializers.BooleanField(
            help_text="Whether the product's photos are not indexed yet. The results"
            " are empty then, and available within seconds of the upload."
        )
        complete = serializers.BooleanField(
            help_text="Whether all similar products could be found: false while"
            " `pending`, or if no photo of the product can be read."
        )
        close_enough = serializers.BooleanField(
            help_text="Whether any result is at least `similar`. If not, nothing in the"
            " shop is close to the product, and the results are merely the nearest."
        )
        results = MatchOutput(
            many=True, help_text="The nearest first, each product once."
        )

    @extend_schema(
        operation_id="similar",
        summary="List similar products",
        tags=["search"],
        parameters=[SKU_PARAMETER, Input],
        responses={
            200: Output,
            **problems(INVALID, PRODUCT_NOT_FOUND, UNAVAILABLE, NO_ENCODER),
        },
        examples=[SIMILAR],
    )
    def get(self, request: Request, sku: str) -> Response:
        """Returns the products that look like this one, the nearest first."""
        values = self.Input.read(request.query_params)
        weights = Weights.from_parameters(values)
        product = published_product(sku)
        started = time.perf_counter()
        matches = similar_products(
            product=product, limit=values["limit"], weights=weights
        )
        unseen = not matches and has_no_vector(product)
        pending = unseen and has_pending_photos(product)
        answer = list_json(
            matches, Event.Listing.SIMILAR, started=started, product_id=product.pk
        )
        answer |= {
            "pending": pending,
            "complete": not unseen,
            "close_enough": any(match.is_similar for match in matches),
        }
        answer["results"] = matches_json(matches, request, values)
        # The answer changes as soon as the photos are indexed.
        headers = {"Cache-Control": "no-store"} if pending else None
        return Response(answer, headers=headers)
