"""Thumbnails of photos: WebP files, each drawn when it is first requested."""

import logging
import posixpath
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from catalog.photos.prepared import EXTENSIONS

log = logging.getLogger(__name__)

FOLDER = "thumbnails"
# Name -> the largest width and height in pixels. Widths differ: files go by them.
SIZES = {"small": (160, 214), "card": (480, 640), "large": (1200, 1600)}


@dataclass(frozen=True)
class Thumbnail:
    photo: str  # name in storage
    size: str  # key of SIZES

    @property
    def name(self) -> str:
        stem, _ = posixpath.splitext(self.photo)
        return f"{FOLDER}/{stem}/{SIZES[self.size][0]}.webp"

    @property
    def url(self) -> str:
        return default_storage.url(self.name)


def draw(name: str) -> bool:
    """Draw the thumbnail of this name; return False if there is no photo for it."""
    stem = posixpath.dirname(name).removeprefix(f"{FOLDER}/")
    photos = (f"{stem}.{extension}" for extension in EXTENSIONS)
    for thumbnail in (Thumbnail(photo, size) for photo in photos for size in SIZES):
        if thumbnail.name == name and default_storage.exists(thumbnail.photo):
            return _draw(thumbnail)
    return False


def _draw(thumbnail: Thumbnail) -> bool:
    try:
        with default_storage.open(thumbnail.photo) as file:
            content = _webp(Image.open(file), SIZES[thumbnail.size])
    except (OSError, ValueError) as error:
        log.warning("%s cannot be drawn: %s", thumbnail.name, error)
        return False
    saved = default_storage.save(thumbnail.name, ContentFile(content))
    if saved != thumbnail.name:  # another request has just drawn it
        default_storage.delete(saved)
    return True


def _webp(image: Image.Image, size: tuple[int, int]) -> bytes:
    image.thumbnail(size, Image.Resampling.LANCZOS)
    buffer = BytesIO()
    image.save(buffer, "WEBP")
    return buffer.getvalue()
