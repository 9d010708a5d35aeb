"""Other frontends tell what was shown and chosen."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.examples import example
from catalog.api.problems import problems
from catalog.api.views import INVALID, UNAVAILABLE
from catalog.parameters import MAX_PAGE_SIZE, MAX_VALUE_CHARS
from search.api.examples import EVENTS, EVENTS_RECORDED
from search.api.throttles import SearchThrottle
from search.events.record import Happened, record
from search.models import Event
from search.query.nearest import MAX_K
from search.query.query_upload import NO_LENGTH, require_length

MAX_EVENTS = 100
MAX_PRODUCTS = 1000  # in all events of a message


class MessageParser(JSONParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            message = "The JSON is nested too deeply to be events."
            raise ParseError(message) from error


class Strict(serializers.Serializer):
    """Names that are not known are refused, as in a query string."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        valid = super().to_internal_value(data)
        allowed = ", ".join(self.fields)
        if strangers := sorted(set(map(str, data)) - set(self.fields)):
            message = f"There is no such field here. Allowed: {allowed}."
            error = [ErrorDetail(message, "unknown_parameter")]
            raise ValidationError({name[:MAX_VALUE_CHARS]: error for name in strangers})
        return valid


class TextUUIDField(serializers.UUIDField):
    """A number would be an id as well to the field above. Clients count from 1 on every
    page, so that most of their events would be taken for sent twice."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


@extend_schema_serializer(component_name="Event")
class EventInput(Strict):
    kind = serializers.ChoiceField(
        Event.Kind.choices,
        error_messages={"invalid_choice": "Use impression, click or cart."},
        help_text="`impression`: it came into view; `cart`: added to the cart",
    )
    query = serializers.CharField(
        max_length=64, help_text="`query` of the answer that the products are from"
    )
    position = serializers.IntegerField(
        min_value=1, max_value=MAX_K, help_text="Of the first product, from 1"
    )
    products = serializers.ListField(
        child=serializers.CharField(max_length=64),
        min_length=1,
        max_length=MAX_PAGE_SIZE,
        help_text="SKUs: a run of the list from `position` on; one of a click",
    )
    id = TextUUIDField(
        required=False, help_text="Yours: an event sent twice is kept once"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] != Event.Kind.IMPRESSION and len(attrs["products"]) > 1:
            message = f"A {attrs['kind']} is of one product. Send one event for each."
            raise ValidationError(
                {"products": [ErrorDetail(message, "multiple_values")]}
            )
        return attrs


class EventsThrottle(SearchThrottle):
    """As many messages by one address as photo searches."""

    scope = "events"


class EventsView(APIView):
    parser_classes = [MessageParser]
    throttle_classes = [EventsThrottle]

    @extend_schema_serializer(component_name="Events")
    class Input(Strict):
        events = serializers.ListField(
            child=EventInput(), min_length=1, max_length=MAX_EVENTS
        )

        def validate_events(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
            if (total := sum(len(each["products"]) for each in events)) > MAX_PRODUCTS:
                raise ValidationError(
                    f"At most {MAX_PRODUCTS} products in one message, not {total}.",
                    "too_many",
                )
            return events

    @extend_schema_serializer(component_name="EventsRecorded")
    class Output(serializers.Serializer):
        @extend_schema_serializer(component_name="EventRefused")
        class RefusedOutput(serializers.Serializer):
            index = serializers.IntegerField(help_text="In `events`, from 0")
            code = serializers.ChoiceField(["unknown_query", "unknown_product"])
            detail = serializers.CharField()

        recorded = serializers.IntegerField()
        refused = RefusedOutput(many=True)

    @extend_schema(
        operation_id="events",
        summary="Tell what was shown and chosen",
        tags=["search"],
        request=Input,
        responses={
            200: Output,
            **problems(
                invalid_400=INVALID,
                parse_error_400="The body is no JSON.",
                length_required_411=NO_LENGTH,
                unsupported_media_type_415="The body is not JSON.",
                throttled_429="Too many messages; Retry-After says when to go on.",
                unavailable_503=UNAVAILABLE,
            ),
        },
        examples=[*example(EVENTS_RECORDED), EVENTS],
    )
    def post(self, request: Request) -> Response:
        """What came into view, was clicked or added to the cart, for the shop's report.

        Send nothing about the person: there is no field for it, and the address that
        a message comes from is not kept. Each event names the `query` of an answer
        (of a search, of similar products, of recommendations) and a place in it. An
        event whose query or product is not known is left out and told in `refused`;
        the others are kept. Tell impressions in one message for a page, when it is
        left; from a browser of another origin `fetch` with `keepalive` does it.
        """
        require_length(request)
        asked = self.Input(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data["events"]
        refused = record([_happened(each) for each in told])
        answer = {"recorded": len(told) - len(refused), "refused": refused}
        response = Response(self.Output(answer).data)
        response["Cache-Control"] = "no-store"
        return response


def _happened(event: dict[str, Any]) -> Happened:
    return Happened(
        kind=event["kind"],
        query=event["query"],
        position=event["position"],
        skus=event["products"],
        client_id=event.get("id"),
    )
