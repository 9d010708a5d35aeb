import os
from typing import Any

from django.core.files.move import file_move_safe
from django.core.files.storage import FileSystemStorage
from django.utils.crypto import get_random_string


class AtomicFileSystemStorage(FileSystemStorage):
    """Write to a temporary name first, so that no reader ever gets half a file."""

    def _save(self, name: str, content: Any) -> str:
        part = f"{name}.{get_random_string(8)}.part"
        try:
            super()._save(part, content)  # type: ignore[misc]
            while True:
                try:
                    self._link(part, name)
                    return name
                except FileExistsError:
                    name = self.get_available_name(name)
        finally:
            self.delete(part)

    def _link(self, part: str, name: str) -> None:
        """Give the file its name. Raises FileExistsError if that is taken."""
        try:
            os.link(self.path(part), self.path(name))
        except FileExistsError:
            raise
        except OSError:  # this file system has no hard links
            file_move_safe(self.path(part), self.path(name))
