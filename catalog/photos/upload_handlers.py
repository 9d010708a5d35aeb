from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler

from ml.preprocess import MAX_BYTES


class BoundedUploads(FileUploadHandler):
    """Stop storing a file past the photo limit, and refuse the second file of a form.

    An endless body fills neither memory nor disk. A file that was cut is over the
    limit and is refused as too large. Staff may send several photos.
    """

    files = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.files += 1
        user = getattr(self.request, "user", None)
        if self.files > 1 and not (user and user.is_staff):
            raise TooManyFilesSent("A form may hold one file.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= MAX_BYTES else None

    def file_complete(self, file_size: int) -> Any:
        return None
