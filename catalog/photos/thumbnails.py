"""Thumbnails of photos: WebP files, each drawn when it is first requested."""

import logging
import posixpath
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from catalog.photos.prepared import EXTENSIONS
from ml.preprocess import WEB_WAIT_S, PhotoError, read_photo

log = logging.getLogger(__name__)

FOLDER = "thumbnails"
# Name -> the largest width and height in pixels. Widths differ: files go by them.
SIZES = {"small": (160, 214), "card": (480, 640), "large": (1200, 1600)}
_REDUCING_GAP = 2.0  # as Pillow's own thumbnails: faster, and hardly to be seen


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


def draw(name: str) -> bytes | None:
    """Draw and store the thumbnail of this name; return None if it has no photo.

    Raises DecoderBusy.
    """
    stem = posixpath.dirname(name).removeprefix(f"{FOLDER}/")
    photos = (f"{stem}.{extension}" for extension in EXTENSIONS)
    for thumbnail in (Thumbnail(photo, size) for photo in photos for size in SIZES):
        if thumbnail.name == name and default_storage.exists(thumbnail.photo):
            return _draw(thumbnail)
    return None


def _draw(thumbnail: Thumbnail) -> bytes | None:
    size = SIZES[thumbnail.size]
    try:
        with default_storage.open(thumbnail.photo) as file:
            photo = read_photo(file.read(), max_side=max(size), wait_s=WEB_WAIT_S)
    except (OSError, PhotoError) as error:
        log.warning("%s cannot be drawn: %s", thumbnail.name, error)
        return None
    content = _webp(photo, size)
    try:
        saved = default_storage.save(thumbnail.name, ContentFile(content))
    except OSError as error:
        log.error("Cannot store %s: %s", thumbnail.name, error)
    else:
        if saved != thumbnail.name:  # another request has just drawn it
            default_storage.delete(saved)
    return content


def _webp(image: Image.Image, size: tuple[int, int]) -> bytes:
    scale = min(size[0] / image.width, size[1] / image.height, 1)
    # A very long and thin picture is at least one pixel wide.
    width, height = (max(1, round(side * scale)) for side in image.size)
    small = image.resize(
        (width, height), Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP
    )
    buffer = BytesIO()
    small.save(buffer, "WEBP")
    return buffer.getvalue()
