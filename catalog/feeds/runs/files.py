"""The files of feeds in the storage of photos, where no visitor can read them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.crypto import get_random_string
from django.utils.text import get_valid_filename

from catalog.photos.storage import FEED_FOLDER

_NAME_CHARS = 80


def store_file(file: File, name: str) -> str:
    """Return the name in storage, which nobody can guess."""
    safe = get_valid_filename(name)[-_NAME_CHARS:]
    return default_storage.save(f"{FEED_FOLDER}/{get_random_string(32)}/{safe}", file)


def delete_file(name: str) -> None:
    if name:
        default_storage.delete(name)


@contextmanager
def local_file(name: str) -> Iterator[Path]:
    """Yield a path to a stored file: its own, or that of a copy."""
    try:
        yield Path(default_storage.path(name))
        return
    except NotImplementedError:  # not on this machine
        pass
    with TemporaryDirectory(prefix="feed-") as folder:
        path = Path(folder, Path(name).name)
        with default_storage.open(name) as stored, path.open("wb") as copy:
            shutil.copyfileobj(stored, copy)
        yield path
