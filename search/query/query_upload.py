"""Read an uploaded query photo in memory, never to disk."""

from typing import IO, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser
from rest_framework.request import Request

from ml.preprocess import MAX_BYTES

FIELD = "photo"


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


class PhotoFormParser(MultiPartParser):
    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> DataAndFiles:
        request = parser_context["request"]
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
        photo = SimpleUploadedFile(FIELD, stream.read())
        return DataAndFiles(QueryDict(), MultiValueDict({FIELD: [photo]}))


def form_and_query_string(request: Request) -> QueryDict:
    both = QueryDict(mutable=True)
    both.update(request.data)
    for name, values in request.query_params.lists():
        for value in values:
            both.appendlist(name, value)
    return both
