from math import inf
from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler

from ml.preprocess import MAX_BYTES

FEED_FIELD = "feed_file"


class BoundedUploads(FileUploadHandler):
    """Stop storing a file past the photo limit, and refuse the second file of a form.

    An endless body fills neither memory nor disk. A file that was cut is over the
    limit and is refused as too large. Staff and keys may send several photos, and staff
    a feed as large as a request may be.
    """

    files = 0
    max_bytes: float = MAX_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.files += 1
        user = getattr(self.request, "user", None)
        is_staff = bool(user and user.is_staff)
        takes_many = getattr(self.request, "takes_many_files", False)
        if self.files > 1 and not (is_staff or takes_many):
            raise TooManyFilesSent("A form may hold one file.")
        takes_feed = is_staff or getattr(self.request, "takes_feed", False)
        is_feed = takes_feed and self.field_name == FEED_FIELD
        self.max_bytes = inf if is_feed else MAX_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= self.max_bytes else None

    def file_complete(self, file_size: int) -> Any:
        return None
