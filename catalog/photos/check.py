"""Compare the photos' files with their rows."""

import posixpath
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import JSONField, Value
from django.utils import timezone

from catalog.models import FeedPhoto, ProductImage
from catalog.photos import prepared, thumbnails
from catalog.photos.unused import delete_unused, unused_among

# A file that is younger may be of a row that is not committed yet.
MIN_AGE = timedelta(hours=1)
_CHUNK = 2000
_THUMBNAILS = {f"{width}.webp" for width in thumbnails.BOXES}


@dataclass
class MediaCheck:
    photos: int = 0
    missing: list[ProductImage] = field(default_factory=list)  # rows without a file
    orphaned: list[str] = field(default_factory=list)  # photos without a row
    thumbnails: list[str] = field(default_factory=list)  # of no photo
    partial: list[str] = field(default_factory=list)  # of writes that were killed
    # Of the missing: copied from a photo of the same pixels, or read again by the
    # next import of their feed.
    restored: list[ProductImage] = field(default_factory=list)
    awaited: list[ProductImage] = field(default_factory=list)

    @property
    def lost(self) -> list[ProductImage]:
        """Return what only a person can repair."""
        found = {*self.restored, *self.awaited}
        return [image for image in self.missing if image not in found]

    @property
    def spare(self) -> list[str]:
        return self.orphaned + self.thumbnails + self.partial


def check_media(*, repair: bool = False) -> MediaCheck:
    """Find missing and spare files; repair what can be.

    Holds the names of all photos in memory, about 100 bytes each.
    """
    storage: Any = default_storage  # of catalog.photos: it lists files
    oldest_new = timezone.now() - MIN_AGE
    check = MediaCheck()
    stored, stems = set(), set()
    new: set[str] = set()
    for name, modified in storage.list_files(prepared.FOLDER):
        is_old = modified < oldest_new
        if name.endswith(".part"):
            check.partial += [name] if is_old else []
            continue
        stored.add(name)
        new |= set() if is_old else {name}
        stems.add(posixpath.splitext(name)[0])
    named = _compare_rows(check, stored)
    check.orphaned = sorted(unused_among(stored - named - new))
    orphans = {posixpath.splitext(name)[0] for name in check.orphaned}
    stems -= orphans
    for name, modified in storage.list_files(thumbnails.FOLDER):
        folder, file = posixpath.split(name)
        is_photo = folder.removeprefix(f"{thumbnails.FOLDER}/") in stems
        if not (is_photo and file in _THUMBNAILS) and modified < oldest_new:
            kind = check.partial if name.endswith(".part") else check.thumbnails
            kind.append(name)
    if repair:
        _repair(check)
    return check


def _compare_rows(check: MediaCheck, stored: set[str]) -> set[str]:
    """Collect the rows without a file; return the names of all."""
    named = set()
    rows = ProductImage.objects.select_related("product").order_by("id")
    for image in rows.iterator(chunk_size=_CHUNK):
        check.photos += 1
        named.add(name := str(image.file))
        if name not in stored and not default_storage.exists(name):
            check.missing.append(image)
    return named


def _repair(check: MediaCheck) -> None:
    delete_unused(check.orphaned)
    for name in check.thumbnails + check.partial:
        default_storage.delete(name)
    unknown = Value(None, JSONField())
    for image in check.missing:
        if content := _same_pixels(image):
            restore_file(image, content)
            check.restored.append(image)
        # Without its version the next import reads the photo again.
        elif FeedPhoto.objects.filter(image=image).update(version=unknown):
            check.awaited.append(image)


def _same_pixels(image: ProductImage) -> bytes | None:
    twins = ProductImage.objects.filter(sha256=image.sha256).exclude(pk=image.pk)
    for twin in twins:
        if default_storage.exists(str(twin.file)):
            with twin.file.open("rb") as file:
                return file.read()
    return None


def restore_file(image: ProductImage, content: bytes) -> None:
    """Store the lost file of a photo again."""
    # Not through the row: replacing a row's file would delete the old name.
    name = default_storage.save(str(image.file), ContentFile(content))
    ProductImage.objects.filter(pk=image.pk).update(file=name)
