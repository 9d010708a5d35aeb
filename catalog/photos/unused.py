"""Files of photos that no row names: they are deleted."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from django.core.files.storage import default_storage
from django.db import DatabaseError

from catalog.models import ProductImage
from catalog.photos.storage import written
from catalog.photos.thumbnails import FOLDER

_BATCH = 500


@contextmanager
def remove_files_on_error() -> Iterator[None]:
    """Delete the photos stored inside when it fails and their rows are rolled back.

    Put it around the transaction.
    """
    names: list[str] = []
    token = written.set(names)
    try:
        yield
    except BaseException:
        # What cannot be deleted now is found by `check_media`.
        with suppress(DatabaseError, OSError):
            delete_unused(name for name in names if not name.startswith(FOLDER))
        raise
    finally:
        written.reset(token)


def delete_unused(names: Iterable[str]) -> list[str]:
    """Delete the files that no row names; return their names."""
    unused = unused_among(names)
    for name in unused:
        default_storage.delete(name)
    return unused


def unused_among(names: Iterable[str]) -> list[str]:
    left = list(names)
    unused: list[str] = []
    for start in range(0, len(left), _BATCH):
        batch = left[start : start + _BATCH]
        rows = ProductImage.objects.filter(file__in=batch)
        used = set(rows.values_list("file", flat=True))
        unused += [name for name in batch if name not in used]
    return unused
