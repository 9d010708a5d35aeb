"""The index, and which encoder searches use."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.problems import ProblemCase, problems
from catalog.api.strict import StrictSerializer
from catalog.api.writes import WRITE_HEADERS, WRITE_PROBLEMS, Answer, WriteView
from catalog.parameters import NoParameters
from ml.encoder import EncoderError
from search.change.rollout import RolloutRefused, activate, rollback
from search.index.embed import index_status
from search.index.encoders import live_encoders
from search.models import Encoder

REFUSED = ProblemCase(
    409, "rollout_refused", "The encoder cannot be activated; the detail says why."
)


class Refused(APIException):
    status_code = REFUSED.status
    default_code = REFUSED.code


class IndexOutput(serializers.Serializer):
    @extend_schema_serializer(component_name="EncoderVersion")
    class EncoderOutput(serializers.Serializer):
        version = serializers.CharField()
        state = serializers.ChoiceField(Encoder.State.choices)

    photos = serializers.IntegerField(help_text="How many the shop has.")
    embedded = serializers.IntegerField(help_text="How many searches find.")
    pending = serializers.IntegerField(help_text="How many wait for a worker.")
    failed = serializers.IntegerField(help_text="How many cannot be read.")
    oldest_pending_s = serializers.FloatField(help_text="How long the first one waits.")
    encoder = serializers.CharField(help_text="The version that searches use.")
    encoders = EncoderOutput(many=True, help_text="All that are not retired.")


def _index_json() -> dict[str, Any]:
    encoders = live_encoders().order_by("pk").values("version", "state")
    return {**index_status(), "encoders": list(encoders)}


class IndexManagementView(WriteView):
    scope = "index"
    public_methods = ()

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, RolloutRefused | EncoderError):
            exc = Refused(str(exc))
        return super().handle_exception(exc)


class IndexView(IndexManagementView):
    @extend_schema(
        operation_id="index",
        summary="Watch the index",
        tags=["index"],
        responses={200: IndexOutput, **problems(REFUSED, *WRITE_PROBLEMS)},
    )
    def get(self, request: Request) -> Response:
        """Returns how many photos are indexed, and the encoders of the shop."""
        NoParameters.read(request.query_params)
        return Response(_index_json(), headers={"Cache-Control": "no-store"})


class ActiveEncoderView(IndexManagementView):
    @extend_schema_serializer(component_name="ActiveEncoder")
    class Input(StrictSerializer):
        version = serializers.CharField(max_length=64, help_text="As `GET` lists it.")

    @extend_schema(
        operation_id="encoder_activate",
        summary="Activate an encoder",
        tags=["index"],
        parameters=[WRITE_HEADERS[0]],
        request=Input,
        responses={200: IndexOutput, **problems(REFUSED, *WRITE_PROBLEMS)},
    )
    def put(self, request: Request) -> Response:
        """Lets searches use another encoder, if it has the vectors of all photos."""
        body = self.Input(data=request.data)
        body.is_valid(raise_exception=True)

        def switch() -> Answer:
            activate(body.validated_data["version"])
            return Answer(200, _index_json())

        return self.answer(request, switch)

    @extend_schema(
        operation_id="encoder_rollback",
        summary="Go back to the encoder before",
        tags=["index"],
        parameters=[WRITE_HEADERS[0]],
        responses={200: IndexOutput, **problems(REFUSED, *WRITE_PROBLEMS)},
    )
    def delete(self, request: Request) -> Response:
        """Lets searches use the encoder again that was active before."""

        def go_back() -> Answer:
            rollback()
            return Answer(200, _index_json())

        return self.answer(request, go_back)
