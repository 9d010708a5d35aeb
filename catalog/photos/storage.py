import errno
import os
from contextvars import ContextVar
from typing import Any

from django.core.files.move import file_move_safe
from django.core.files.storage import FileSystemStorage
from django.utils.crypto import get_random_string

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
# Names of the files written since `remove_files_on_error` began, see there.
written: ContextVar[list[str] | None] = ContextVar("written", default=None)


class StorageFull(OSError):
    """The text is for people."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.errno, "The disk for photos (MEDIA_ROOT) is full")

    def __str__(self) -> str:
        return f"{self.strerror}. Make room there and try again."


class AtomicFileSystemStorage(FileSystemStorage):
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
        if (names := written.get()) is not None:
            names.append(name)
        return name

    def _link(self, part: str, name: str) -> None:
        """Give the file its name. Raises FileExistsError if that is taken."""
        try:
            os.link(self.path(part), self.path(name))
        except FileExistsError:
            raise
        except OSError:  # this file system has no hard links
            file_move_safe(self.path(part), self.path(name))
