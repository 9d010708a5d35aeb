"""Smaller copies of photos: WebP files, drawn by a worker or when first requested.

WebP: at about the same look, AVIF is a fifth smaller and takes four times as long.
"""

import logging
import math
import posixpath
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from catalog.photos.prepared import EXTENSIONS
from ml.preprocess import WAIT_S, WEB_WAIT_S, PhotoError, read_photo

log = logging.getLogger(__name__)

FOLDER = "thumbnails"
# The largest width and height in pixels of each file, which is named by its width.
BOXES = {width: math.ceil(width * 4 / 3) for width in (160, 320, 480, 800, 1200)}
# Those that have a name, with their width and height.
SIZES = {"small": (160, 214), "card": (480, 640), "large": (1200, 1600)}
_QUALITY = 75
_REDUCING_GAP = 2.0  # as Pillow's own thumbnails: faster, and hardly to be seen


@dataclass(frozen=True)
class Thumbnail:
    photo: str  # name in storage
    size: str  # key of SIZES

    @property
    def name(self) -> str:
        return file_name(self.photo, SIZES[self.size][0])

    @property
    def url(self) -> str:
        return default_storage.url(self.name)


@dataclass(frozen=True)
class Rendition:
    """One of the widths that browsers choose from."""

    name: str  # in storage
    width: int  # of the picture itself, which is not enlarged
    height: int

    @property
    def url(self) -> str:
        return default_storage.url(self.name)


def renditions(photo: str, size: tuple[int, int]) -> list[Rendition]:
    """Return the widths of a photo of that size, smallest first, up to its own."""
    found: list[Rendition] = []
    for box in BOXES:
        fitted = _fit(size, box)
        found.append(Rendition(file_name(photo, box), *fitted))
        if fitted == size:
            break
    return found


def file_name(photo: str, box: int) -> str:
    stem, _ = posixpath.splitext(photo)
    return f"{FOLDER}/{stem}/{box}.webp"


def file_names(photo: str) -> list[str]:
    return [file_name(photo, box) for box in BOXES]


def draw(name: str) -> bytes | None:
    """Draw and store the thumbnail of this name; return None if it has no photo.

    Raises DecoderBusy.
    """
    stem = posixpath.dirname(name).removeprefix(f"{FOLDER}/")
    photos = (f"{stem}.{extension}" for extension in EXTENSIONS)
    for photo, box in ((photo, box) for photo in photos for box in BOXES):
        if file_name(photo, box) == name and default_storage.exists(photo):
            picture = _read(photo, box, WEB_WAIT_S)
            return _store(name, picture, box) if picture else None
    return None


def draw_all(photo: str, size: tuple[int, int]) -> None:
    """Draw and store what a photo lacks of its renditions."""
    names = [each.name for each in renditions(photo, size)]
    boxes = dict(zip(names, BOXES, strict=False))
    missing = {n: box for n, box in boxes.items() if not default_storage.exists(n)}
    if missing and (picture := _read(photo, max(missing.values()), WAIT_S)):
        for name, box in missing.items():
            _store(name, picture, box)


def _read(photo: str, box: int, wait_s: float) -> Image.Image | None:
    try:
        with default_storage.open(photo) as file:
            return read_photo(file.read(), max_side=BOXES[box], wait_s=wait_s)
    except (OSError, PhotoError) as error:
        log.warning("%s cannot be drawn: %s", photo, error)
        return None


def _store(name: str, picture: Image.Image, box: int) -> bytes:
    content = _webp(picture, box)
    try:
        saved = default_storage.save(name, ContentFile(content))
    except OSError as error:
        log.error("Cannot store %s: %s", name, error)
    else:
        if saved != name:  # another process has just drawn it
            default_storage.delete(saved)
    return content


def _webp(image: Image.Image, box: int) -> bytes:
    small = image.resize(
        _fit(image.size, box), Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP
    )
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=_QUALITY)
    return buffer.getvalue()


def _fit(size: tuple[int, int], box: int) -> tuple[int, int]:
    scale = min(box / size[0], BOXES[box] / size[1], 1)
    # A very long and thin picture is at least one pixel wide.
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
