import time

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.base import PublicView
from catalog.api.listed.parameters import ExpandParameters
from catalog.api.problems import INVALID, UNAVAILABLE, problems
from catalog.models import Product
from catalog.parameters import MAX_SKU_CHARS, MaxValuesValidator
from search.api.base import NO_ENCODER, ServiceErrors, list_json
from search.api.examples import RECOMMENDATIONS
from search.api.serializers import ListOutput, MatchOutput, matches_json
from search.models import Event
from search.query.similar import SIMILAR_ITEMS
from search.recommend.recommendations import MAX_SEEDS, recommend_similar


class RecommendationsView(ServiceErrors, PublicView):
    class Input(ExpandParameters):
        product = serializers.ListField(
            child=serializers.CharField(max_length=MAX_SKU_CHARS),
            min_length=1,
            validators=[MaxValuesValidator(MAX_SEEDS)],
            help_text="The SKU of a product that was viewed. Repeat it for several, the"
            " last one viewed first. Products that are not in the shop are left out.",
        )
        limit = serializers.IntegerField(
            min_value=1,
            max_value=48,
            default=SIMILAR_ITEMS,
            help_text="How many products to return.",
        )

    @extend_schema_serializer(component_name="Recommendations")
    class Output(ListOutput):
        because = serializers.ListField(
            child=serializers.CharField(),
            help_text="The SKUs of the given products that are in the shop.",
        )
        results = MatchOutput(
            many=True,
            help_text="The nearest to each given product in turn, within the encoder's"
            " last band and without the given products themselves.",
        )

    @extend_schema(
        operation_id="recommendations",
        summary="List recommendations",
        tags=["search"],
        parameters=[Input],
        responses={200: Output, **problems(INVALID, UNAVAILABLE, NO_ENCODER)},
        examples=[RECOMMENDATIONS],
    )
    def get(self, request: Request) -> Response:
        """Returns products in stock that look like the given ones.

        The shop does not keep the given products: the client has to.
        """
        values = self.Input.read(request.query_params)
        started = time.perf_counter()
        rows = Product.objects.published().with_skus(values["product"])
        ids = dict(rows.values_list("sku", "id"))
        because = [sku for sku in dict.fromkeys(values["product"]) if sku in ids]
        matches = recommend_similar(
            products=[ids[sku] for sku in because], limit=values["limit"]
        )
        answer = list_json(matches, Event.Listing.RECENTLY_VIEWED, started=started)
        answer["because"] = because
        answer["results"] = matches_json(matches, request, values)
        return Response(answer)
