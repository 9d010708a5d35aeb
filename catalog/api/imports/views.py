"""Imports of feeds: started, watched and stopped by programs."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db import transaction
from django.http import QueryDict
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.photos.problems import ADDRESS_PROBLEMS, PhotoErrors
from catalog.api.problems import ProblemCase, problems
from catalog.api.strict import StrictJSONParser, StrictSerializer
from catalog.api.writes import WRITE_HEADERS, WRITE_PROBLEMS, Answer, WriteView
from catalog.feeds.runs import queue
from catalog.feeds.runs.models import FeedRun, FeedSource
from catalog.parameters import NoParameters, Parameters
from catalog.photos.remote import MAX_CHARS, parse_address
from catalog.photos.upload_handlers import FEED_FIELD
from catalog.tasks import import_feeds
from catalog.upkeep.runs import send

MAX_PROBLEMS = 100  # listed in an answer
BAD_ADDRESS = ADDRESS_PROBLEMS[0]
NOT_FOUND = ProblemCase(404, "import_not_found", "There is no import with this id.")
IMPORT_PARAMETER = OpenApiParameter(
    "run", int, OpenApiParameter.PATH, description="The `id` of the import."
)


@extend_schema_serializer(component_name="Import")
class ImportOutput(serializers.Serializer):
    @extend_schema_serializer(component_name="ImportProblem")
    class ProblemOutput(serializers.Serializer):
        row = serializers.IntegerField(help_text="The number of the row.")
        sku = serializers.CharField(help_text="Of the row; may be empty.")
        column = serializers.CharField(help_text="May be empty.")
        value = serializers.CharField(help_text="What is there.")
        expected = serializers.CharField(help_text="What should be there.")

    id = serializers.IntegerField()
    feed = serializers.CharField(help_text="The name of the feed.")
    state = serializers.ChoiceField(
        FeedRun.State.choices,
        help_text="`waiting` and `running` are not over yet; `asking` needs an answer"
        " in the admin.",
    )
    dry_run = serializers.BooleanField()
    rows = serializers.IntegerField(help_text="How many there are; 0 until counted.")
    rows_done = serializers.IntegerField()
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many products were `created`, `updated`, and so on.",
    )
    message = serializers.CharField(help_text="Why it failed; may be empty.")
    problems = ProblemOutput(
        many=True, help_text=f"What is wrong with rows, the first {MAX_PROBLEMS}."
    )


def _run_json(run: FeedRun) -> dict[str, Any]:
    found = run.problems.values("row", "sku", "column", "value", "expected")
    return {
        "id": run.pk,
        "feed": run.source.name,
        "state": run.state,
        "dry_run": run.dry_run,
        "rows": run.rows,
        "rows_done": run.rows_done,
        "counts": run.counts,
        "message": run.message,
        "problems": list(found[:MAX_PROBLEMS]),
    }


class ImportView(PhotoErrors, WriteView):
    scope = "feeds"
    public_methods = ()


class ImportListView(ImportView):
    parser_classes = [MultiPartParser, StrictJSONParser]

    @extend_schema_serializer(component_name="NewImport")
    class Input(Parameters):
        feed = serializers.CharField(
            max_length=80,
            help_text="The name of the feed: products that it brought and no longer"
            " names are archived, where the admin says so.",
        )
        dry_run = serializers.BooleanField(
            default=False, help_text="Whether the rows are only checked."
        )

    @extend_schema_serializer(component_name="NewImportForm")
    class Form(Input):
        feed_file = serializers.FileField(
            help_text="CSV, JSON lines, XML, XLSX, or a ZIP archive with photos."
        )

    @extend_schema_serializer(component_name="NewRemoteImport")
    class RemoteInput(StrictSerializer):
        feed = serializers.CharField(max_length=80, help_text="The name of the feed.")
        address = serializers.CharField(
            max_length=MAX_CHARS,
            help_text="The web address of the file, which a worker fetches: at most"
            " 100 MB, in 5 minutes.",
        )
        dry_run = serializers.BooleanField(
            default=False, help_text="Whether the rows are only checked."
        )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Only now: whoever has no key must not send a large file.
        request._request.takes_feed = True  # type: ignore[attr-defined]

    @extend_schema(
        operation_id="imports_start",
        summary="Start an import",
        tags=["imports"],
        parameters=[WRITE_HEADERS[0]],
        request={"multipart/form-data": Form, "application/json": RemoteInput},
        responses={202: ImportOutput, **problems(BAD_ADDRESS, *WRITE_PROBLEMS)},
    )
    def post(self, request: Request) -> Response:
        """Lets a worker import the file of a feed, which is sent or fetched.

        If the feed is being imported, the answer is that import, and the file waits in
        the admin.
        """
        NoParameters.read(request.query_params)
        if not isinstance(request.data, QueryDict):
            return self._start_remote(request)
        values = self.Input.read(request.POST)
        files = [*request.FILES.lists()]
        if [(name, len(sent)) for name, sent in files] != [(FEED_FIELD, 1)]:
            raise ValidationError({FEED_FIELD: ["Send one file."]})
        file = request.FILES[FEED_FIELD]

        def create(source: FeedSource) -> FeedRun:
            name = str(file.name or "feed")
            return queue.create_run(source=source, file=file, file_name=name)

        return self.answer(request, partial(_start, values, create))

    def _start_remote(self, request: Request) -> Response:
        body = self.RemoteInput(data=request.data)
        body.is_valid(raise_exception=True)
        address = body.validated_data["address"]
        parse_address(address)

        def create(source: FeedSource) -> FeedRun:
            return queue.create_remote_run(source=source, address=address)

        return self.answer(request, partial(_start, body.validated_data, create))


class ImportDetailView(ImportView):
    @extend_schema(
        operation_id="import",
        summary="Watch an import",
        tags=["imports"],
        parameters=[IMPORT_PARAMETER],
        responses={200: ImportOutput, **problems(NOT_FOUND, *WRITE_PROBLEMS)},
    )
    def get(self, request: Request, run: int) -> Response:
        """Returns how far the import is, what it did and what is wrong with rows."""
        NoParameters.read(request.query_params)
        answer = _run_json(self._find(run))
        return Response(answer, headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="import_stop",
        summary="Stop an import",
        tags=["imports"],
        parameters=[IMPORT_PARAMETER, WRITE_HEADERS[0]],
        responses={200: ImportOutput, **problems(NOT_FOUND, *WRITE_PROBLEMS)},
    )
    def delete(self, request: Request, run: int) -> Response:
        """Stops the import after the rows that are being stored."""

        def stop() -> Answer:
            found = self._find(run)
            if found.is_active:
                queue.request_stop(found)
            return Answer(200, _run_json(self._find(run)))

        return self.answer(request, stop)

    def _find(self, pk: int) -> FeedRun:
        found = FeedRun.objects.select_related("source").filter(pk=pk).first()
        if found is None:
            raise NotFound(f"There is no import {pk}.", NOT_FOUND.code)
        return found


def _start(
    values: Mapping[str, Any], create: Callable[[FeedSource], FeedRun]
) -> Answer:
    source, _ = FeedSource.objects.get_or_create(name=values["feed"])
    run = queue.request(create(source), dry_run=values["dry_run"])
    transaction.on_commit(partial(send, import_feeds))
    return Answer(202, _run_json(run))
