import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import Any, NamedTuple

from django.core.files.move import file_move_safe
from django.core.files.storage import FileSystemStorage, Storage
from django.utils.crypto import get_random_string

FEED_FOLDER = "feeds"  # files of people who work in the shop, not of visitors
UPLOAD_FOLDER = "uploads"  # photos of products that are not saved yet
PRIVATE_FOLDERS = (FEED_FOLDER, UPLOAD_FOLDER)
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
# Names of the files written since `remove_files_on_error` began, see there.
written: ContextVar[list[str] | None] = ContextVar("written", default=None)


class StorageFull(OSError):
    """The text is for people."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.errno, "The disk for photos (MEDIA_ROOT) is full")

    def __str__(self) -> str:
        return f"{self.strerror}. Make room there and try again."


class StoredFile(NamedTuple):
    name: str
    modified: datetime


class RecordingStorage(Storage):
    """A storage that tells `remove_files_on_error` what it wrote."""

    def save(self, *args: Any, **kwargs: Any) -> str:
        saved = super().save(*args, **kwargs)
        if (names := written.get()) is not None:
            names.append(saved)
        return saved


class AtomicFileSystemStorage(RecordingStorage, FileSystemStorage):
    """Write to a temporary name first, so that no reader ever gets half a file."""

    def _save(self, name: str, content: Any) -> str:
        part = f"{name}.{get_random_string(8)}.part"
        try:
            super()._save(part, content)  # type: ignore[misc]
            while True:
                try:
                    self._link(part, name)
                    break
                except FileExistsError:
                    name = self.get_available_name(name)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StorageFull(error) from error
            raise
        finally:
            self.delete(part)
        return name

    def list_files(self, folder: str) -> Iterator[StoredFile]:
        """Yield all files below the folder."""
        for path in Path(self.path(folder)).rglob("*"):
            with suppress(FileNotFoundError):  # deleted just now
                found = path.stat()
                if S_ISREG(found.st_mode):
                    name = path.relative_to(self.location).as_posix()
                    yield StoredFile(name, datetime.fromtimestamp(found.st_mtime, UTC))

    def _link(self, part: str, name: str) -> None:
        """Give the file its name. Raises FileExistsError if that is taken."""
        try:
            os.link(self.path(part), self.path(name))
        except FileExistsError:
            raise
        except OSError:  # this file system has no hard links
            file_move_safe(self.path(part), self.path(name))
