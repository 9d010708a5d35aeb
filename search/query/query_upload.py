"""Read an uploaded query photo in memory, never to disk."""

from io import BytesIO
from typing import IO, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser
from rest_framework.request import Request

from catalog.api.problems import TooLarge
from ml.preprocess import MAX_BYTES, MAX_MB

FIELD = "photo"
NO_LENGTH = "The header Content-Length is missing. Send it instead of chunks."
# A body up to this size is read to its end, since a client that is still sending may
# never see the answer. A larger one is refused at once and the connection closed.
MAX_BODY = 64 * 1024 * 1024
_CHUNK = 64 * 1024


class LengthRequired(APIException):
    status_code = 411
    default_code = "length_required"
    default_detail = NO_LENGTH


class QueryPhotoHandler(MemoryFileUploadHandler):
    """Keep the file `photo` in memory, up to one byte over the limit on photos.

    Django's own handlers write large files to disk. `read_photo` refuses a photo that
    was cut at the limit.
    """

    kept = 0

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True  # for a body of any size

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.field_name == FIELD:
            piece = raw_data[: MAX_BYTES + 1 - self.kept]
            self.file.write(piece)
            self.kept += len(piece)


def require_length(request: Request) -> None:
    """Raise LengthRequired for a chunked body, which Django would read as empty."""
    chunked = "Transfer-Encoding" in request.headers
    if chunked and not request.META.get("CONTENT_LENGTH"):
        raise LengthRequired


def _check_length(request: Request) -> None:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        raise TooLarge(f"A photo may have at most {MAX_MB} MB.")


def _read_bounded(stream: IO[bytes]) -> bytes:
    """Read all of the stream; keep up to one byte over the limit on photos."""
    kept = BytesIO()
    while piece := stream.read(_CHUNK):
        kept.write(piece[: MAX_BYTES + 1 - kept.tell()])
    return kept.getvalue()


class PhotoFormParser(MultiPartParser):
    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> DataAndFiles:
        request = parser_context["request"]
        _check_length(request)
        request._request.upload_handlers = [QueryPhotoHandler(request._request)]
        return super().parse(stream, media_type, parser_context)


class BarePhotoParser(BaseParser):
    # The body is the photo; the other parameters are in the query string.
    media_type = "image/*"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> DataAndFiles:
        _check_length(parser_context["request"])
        photo = SimpleUploadedFile(FIELD, _read_bounded(stream))
        return DataAndFiles(QueryDict(), MultiValueDict({FIELD: [photo]}))


def form_and_query_string(request: Request) -> QueryDict:
    require_length(request)
    both = QueryDict(mutable=True)
    both.update(request.data)
    for name, values in request.query_params.lists():
        for value in values:
            both.appendlist(name, value)
    return both
