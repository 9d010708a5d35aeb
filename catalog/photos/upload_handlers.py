from typing import Any

from django.core.files.uploadhandler import FileUploadHandler

from ml.preprocess import MAX_BYTES


class CutLongUploads(FileUploadHandler):
    """Stops storing a file past the photo limit, so an endless body fills neither
    memory nor disk. What is kept is over the limit and refused as too large."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= MAX_BYTES else None

    def file_complete(self, file_size: int) -> Any:
        return None
