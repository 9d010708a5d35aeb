import time

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.base import PublicView
from catalog.api.listed.expansion import Expansion
from catalog.api.listed.parameters import ExpandParameters
from catalog.api.problems import INVALID, PRODUCT_NOT_FOUND, UNAVAILABLE, problems
from catalog.api.product import SKU_PARAMETER, published_product
from catalog.api.serializers import audience_of
from search.api.base import NO_ENCODER, ServiceErrors, list_json
from search.api.examples import GOES_WITH
from search.api.serializers import ListOutput, PieceOutput, piece_json
from search.models import Event
from search.recommend.recommendations import MAX_PIECES, goes_with


class GoesWithView(ServiceErrors, PublicView):
    class Input(ExpandParameters):
        limit = serializers.IntegerField(
            min_value=1,
            max_value=MAX_PIECES,
            default=MAX_PIECES,
            help_text="How many products to return.",
        )

    @extend_schema_serializer(component_name="GoesWith")
    class Output(ListOutput):
        results = PieceOutput(
            many=True,
            help_text="Outfit by outfit: the first of each kind of garment makes the"
            " first outfit, the second of each kind the next. Empty if the kind of the"
            " product's category is not known.",
        )

    @extend_schema(
        operation_id="goes_with",
        summary="List what goes with a product",
        tags=["search"],
        parameters=[SKU_PARAMETER, Input],
        responses={
            200: Output,
            **problems(INVALID, PRODUCT_NOT_FOUND, UNAVAILABLE, NO_ENCODER),
        },
        examples=[GOES_WITH],
    )
    def get(self, request: Request, sku: str) -> Response:
        """Returns products of other kinds, in stock, to wear with this one.

        They are chosen by how well the colours go together, then by style.
        """
        values = self.Input.read(request.query_params)
        product = published_product(sku)
        started = time.perf_counter()
        matches = goes_with(product=product, limit=values["limit"])
        answer = list_json(
            matches, Event.Listing.GOES_WITH, started=started, product_id=product.pk
        )
        audience = audience_of(request)
        products = [match.product for match in matches]
        expansion = Expansion.load(products, values.get("expand", ()))
        answer["results"] = [piece_json(each, audience, expansion) for each in matches]
        return Response(answer)
