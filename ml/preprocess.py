"""The one path from the bytes of a photo to the pixels the network sees.

Training, indexing and search all come through `read_photo` and `to_input`, so a
photo looks the same to the network wherever it came from. No Django and no
TensorFlow here: the storefront uses this module too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from ml.photo.container import Container, read_container, sniff
from ml.photo.cut_jpeg import lacks_last_bytes_only
from ml.photo.frames import load_frame
from ml.photo.limits import (
    FORMATS,
    MAX_BYTES,
    MAX_DECODING_BYTES,
    MAX_MB,
    PhotoError,
    empty,
    too_large,
    unreadable,
)
from ml.photo.memory import DecoderBusy, MemoryBudget
from ml.photo.pixels import to_rgb

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_MB",
    "WAIT_S",
    "WEB_WAIT_S",
    "DecodedPhoto",
    "DecoderBusy",
    "PhotoError",
    "open_photo",
    "photo_format",
    "read_bytes",
    "read_photo",
    "to_input",
]

Source = bytes | BinaryIO | Path

WAIT_S = 600.0  # for other photos; web pages wait for WEB_WAIT_S
WEB_WAIT_S = 2.0
_SCALES = (8, 4, 2, 1)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# One largest photo at a time in a process, or several small ones.
_memory = MemoryBudget(MAX_DECODING_BYTES)


@dataclass(frozen=True)
class DecodedPhoto:
    image: Image.Image  # upright sRGB without metadata
    format: str
    # The file without metadata, if it has just these pixels; else None.
    clean: bytes | None


def read_photo(
    source: Source, *, max_side: int | None = None, wait_s: float = WAIT_S
) -> Image.Image:
    """Decode a photo to upright sRGB pixels without metadata.

    EXIF orientation is applied, colour profiles are converted to sRGB, transparency is
    laid on white, an animation gives its first frame that shows something. `max_side`
    is a hint: a photo may be decoded at a half, a quarter or an eighth of its size as
    long as its shorter side stays at least that long (faster and smaller).
    Raises PhotoError, and DecoderBusy if other photos take all memory for `wait_s`; the
    limits are checked before anything is decoded.
    """
    with open_photo(source, max_side=max_side, wait_s=wait_s) as photo:
        return photo.image


@contextmanager
def open_photo(
    source: Source, *, max_side: int | None = None, wait_s: float = WAIT_S
) -> Iterator[DecodedPhoto]:
    """As `read_photo`, and hold the memory until the end of the block."""
    file = read_container(read_bytes(source))
    image = file.open()
    scale = _scale(image.size, max_side)
    with _memory.reserve(file.memory(image.size, scale), wait_s):
        try:
            photo = _decode(file, image, scale)
        except (PhotoError, MemoryError):
            raise
        except Exception as error:  # decoders fail with nearly every kind there is
            raise unreadable() from error
        del image
        yield photo


def _scale(size: tuple[int, int], max_side: int | None) -> int:
    if max_side is None:
        return 1
    most = min(size) // max(1, max_side)
    return next((scale for scale in _SCALES if scale <= most), 1)


def _decode(file: Container, image: ImageFile.ImageFile, scale: int) -> DecodedPhoto:
    if file.is_cut and not lacks_last_bytes_only(file.pixels):
        raise unreadable()
    if isinstance(image, JpegImageFile):
        image.draft(None, (image.width // scale, image.height // scale))
        scale = 1
    if file.animated:
        load_frame(image, file.check)
    else:
        image.load()
    # A HEIC or AVIF learns its true size only while decoding.
    file.check(image.size)
    turn = _TURNS.get(file.orientation(image))
    rgb, changed = to_rgb(image, file.profile(image), scale)
    upright = rgb if turn is None else rgb.transpose(turn)
    upright.info.clear()
    is_same = not changed and turn is None and not file.animated
    return DecodedPhoto(upright, file.format, file.pixels if is_same else None)


def photo_format(source: Source) -> str:
    """Name the format by content, one of FORMATS. Raises PhotoError."""
    return sniff(read_bytes(source))


def to_input(image: Image.Image, size: int) -> np.ndarray:
    """RGB photo of any size -> (size, size, 3) uint8, 0..255, antialiased.

    The whole photo is used; its aspect ratio is not kept, as in the report.
    """
    if image.mode != "RGB":
        image = image.convert("RGB")
    small = image.resize((size, size), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(small, dtype=np.uint8)


def read_bytes(source: Source) -> bytes:
    """All bytes of the source, of a file one over the limit at most.

    Raises PhotoError where there are none, or more than MAX_BYTES.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source) if len(source) <= MAX_BYTES else None
    elif isinstance(source, Path):
        with source.open("rb") as file:
            data = _read_limited(file)
    else:
        if source.seekable():
            source.seek(0)
        data = _read_limited(source)
        if source.seekable():
            source.seek(0)
    if data is None:
        raise too_large()
    if not data:
        raise empty()
    return data


def _read_limited(file: BinaryIO) -> bytes | None:
    data = file.read(MAX_BYTES + 1)
    return data if len(data) <= MAX_BYTES else None
