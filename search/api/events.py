from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.problems import (
    INVALID,
    LENGTH_REQUIRED,
    THROTTLED,
    UNAVAILABLE,
    problems,
)
from catalog.api.strict import (
    PARSE_ERROR,
    UNSUPPORTED_MEDIA_TYPE,
    StrictJSONParser,
    StrictSerializer,
)
from catalog.error_codes import ErrorCode
from catalog.parameters import (
    MAX_PAGE_SIZE,
    MAX_SKU_CHARS,
    MaxValuesValidator,
)
from search.api.base import PrivateView
from search.api.examples import EVENTS, EVENTS_RECORDED
from search.events.record import ReportedEvent, record_events
from search.models import Event
from search.query.nearest import MAX_K

MAX_EVENTS = 100
MAX_PRODUCTS = 1000  # in all events of a message


class TextUUIDField(serializers.UUIDField):
    # A client that counts its events from 1 on every page would send numbers, and most
    # of its events would be taken for duplicates.
    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


@extend_schema_serializer(component_name="Event")
class EventInput(StrictSerializer):
    kind = serializers.ChoiceField(
        Event.Kind.choices,
        error_messages={"invalid_choice": "Use impression, click or cart."},
        help_text="`impression`: the products came into view. `click`: the product was"
        " opened. `cart`: the product was added to the cart.",
    )
    query = serializers.CharField(
        max_length=64, help_text="The `query` of the answer that listed the products."
    )
    position = serializers.IntegerField(
        min_value=1,
        max_value=MAX_K,
        help_text="The place of the first product in the list, from 1.",
    )
    products = serializers.ListField(
        child=serializers.CharField(max_length=MAX_SKU_CHARS),
        min_length=1,
        validators=[MaxValuesValidator(MAX_PAGE_SIZE)],
        help_text="The SKUs of successive products of the list, starting at"
        " `position`. A click and a cart have exactly one.",
    )
    id = TextUUIDField(
        required=False,
        help_text="A UUID made by the client, so that an event sent twice is kept"
        " once.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] != Event.Kind.IMPRESSION and len(attrs["products"]) > 1:
            message = f"A {attrs['kind']} has one product. Send one event for each."
            error = ErrorDetail(message, ErrorCode.MULTIPLE_VALUES)
            raise ValidationError({"products": [error]})
        return attrs


class EventsView(PrivateView):
    parser_classes = [StrictJSONParser]
    scope = "events"  # of a secret key; pages need none
    public_methods = ("POST",)

    @extend_schema_serializer(component_name="Events")
    class Input(StrictSerializer):
        events = serializers.ListField(
            child=EventInput(), min_length=1, max_length=MAX_EVENTS
        )

        def validate_events(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
            if (total := sum(len(each["products"]) for each in events)) > MAX_PRODUCTS:
                raise ValidationError(
                    f"Send at most {MAX_PRODUCTS} products at once, not {total}.",
                    ErrorCode.TOO_MANY,
                )
            return events

    @extend_schema_serializer(component_name="EventsRecorded")
    class Output(serializers.Serializer):
        @extend_schema_serializer(component_name="EventRefused")
        class RefusedOutput(serializers.Serializer):
            index = serializers.IntegerField(
                help_text="The event's place in `events`, from 0."
            )
            code = serializers.ChoiceField(
                [str(ErrorCode.UNKNOWN_QUERY), str(ErrorCode.UNKNOWN_PRODUCT)],
                help_text="A stable code for programs.",
            )
            detail = serializers.CharField(help_text="A sentence for people.")

        recorded = serializers.IntegerField(help_text="How many events were kept.")
        refused = RefusedOutput(many=True, help_text="The events that were not kept.")

    @extend_schema(
        operation_id="events",
        summary="Record what was shown and chosen",
        tags=["search"],
        request=Input,
        responses={
            200: Output,
            **problems(
                INVALID,
                PARSE_ERROR,
                LENGTH_REQUIRED,
                UNSUPPORTED_MEDIA_TYPE,
                THROTTLED,
                UNAVAILABLE,
            ),
        },
        examples=[EVENTS_RECORDED, EVENTS],
    )
    def post(self, request: Request) -> Response:
        """Records which products were seen, clicked or added to the cart.

        The events feed the shop's search report. Send nothing about the person: there
        is no field for it, and the address that a request comes from is not kept.

        Each event names the `query` of an answer (of a search, of similar products, of
        recommendations) and a place in its list. An event with an unknown query or
        product is listed in `refused`; the others are kept. Send the impressions of a
        page in one request when the shopper leaves it: from a browser of another
        origin, use `fetch` with `keepalive`.
        """
        body = self.Input(data=request.data)
        body.is_valid(raise_exception=True)
        events = body.validated_data["events"]
        refused = record_events([_happened(event) for event in events])
        answer = {"recorded": len(events) - len(refused), "refused": refused}
        return Response(self.Output(answer).data)


def _happened(event: dict[str, Any]) -> ReportedEvent:
    return ReportedEvent(
        kind=event["kind"],
        query=event["query"],
        position=event["position"],
        skus=event["products"],
        client_id=event.get("id"),
    )
