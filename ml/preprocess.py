"""The one path from the bytes of a photo to the pixels the network sees.

Training, indexing and search all come through `read_photo` and `to_input`, so a
photo looks the same to the network wherever it came from. No Django and no
TensorFlow here: the storefront uses this module too.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

MAX_MB = 10
MAX_BYTES = MAX_MB * 1024 * 1024
MAX_PIXELS = 30_000_000
FORMATS = ("JPEG", "PNG", "WebP", "HEIC", "AVIF", "GIF")

Source = bytes | BinaryIO | Path

# The decoders are called by name, not through Image.open(): that one goes by a
# registry other code may have changed, and warns or raises on large pictures by
# limits of its own. MPO (two JPEGs in one file) is read as the JPEG it starts with.
_DECODERS: dict[str, Callable[[BinaryIO], ImageFile.ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": WebPImageFile,
    "HEIC": HeifImageFile,
    "AVIF": AvifImageFile,
    "GIF": GifImageFile,
}

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}

_EXIF_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PhotoError(ValueError):
    """A photo was refused. The text is for people; `code` is for programs.

    `code` is one of empty, too_large, too_many_pixels, unsupported, unreadable.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[PhotoError], tuple[str, str]]:
        # The default would call PhotoError(message): workers pickle errors.
        return type(self), (self.code, str(self))


def read_photo(source: Source, *, max_side: int | None = None) -> Image.Image:
    """Decode a photo to upright sRGB pixels without metadata.

    EXIF orientation is applied, embedded colour profiles are converted to sRGB,
    transparency is laid on white, an animation gives its first frame. `max_side`
    is a hint: a JPEG may be decoded at a half, a quarter or an eighth of its size
    as long as its shorter side stays at least that long (many times faster).
    Raises PhotoError; the limits are checked before anything is decoded.
    """
    data = read_bytes(source)
    image = _open(data)
    try:
        if max_side is not None and isinstance(image, JpegImageFile):
            image.draft(None, (max_side, max_side))
        image.load()
        # A HEIC or AVIF learns its true size only while decoding.
        _check_pixels(image.size)
        upright = _turn(_to_rgb(image), _orientation(image))
    except PhotoError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # decoders fail with nearly every kind there is
        raise _unreadable() from error
    upright.info.clear()
    return upright


def photo_format(source: Source) -> str:
    """Name the format by content, one of FORMATS. Raises PhotoError."""
    return _sniff(read_bytes(source))


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
        raise PhotoError(
            "too_large",
            f"This file is larger than {MAX_MB} MB. Save the photo smaller "
            "or with more compression and try again.",
        )
    if not data:
        raise PhotoError("empty", "This file is empty. Choose a photo.")
    return data


def _read_limited(file: BinaryIO) -> bytes | None:
    data = file.read(MAX_BYTES + 1)
    return data if len(data) <= MAX_BYTES else None


def _sniff(data: bytes) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        brands = _ftyp_brands(data)
        if brands & _AVIF_BRANDS:
            return "AVIF"
        if brands & _HEIC_BRANDS:
            return "HEIC"
    raise PhotoError(
        "unsupported",
        "This is not a photo of a kind we can read. "
        f"Use {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.",
    )


def _ftyp_brands(data: bytes) -> set[bytes]:
    """Major and compatible brands of an ISO media file (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(data[:4], "big"), len(data), 1024)
    return {data[8:12]} | {data[i : i + 4] for i in range(16, end - 3, 4)}


def _open(data: bytes) -> ImageFile.ImageFile:
    """Parse the header only; pixels are not decoded here."""
    kind = _sniff(data)
    if kind == "WebP":
        # Its decoder allots the whole canvas on opening, so look first.
        _check_pixels(_webp_size(data))
    try:
        image = _DECODERS[kind](io.BytesIO(data))
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except MemoryError:
        raise
    except Exception as error:  # decoders fail with nearly every kind there is
        raise _unreadable() from error
    _check_pixels(image.size)
    return image


def _webp_size(data: bytes) -> tuple[int, int]:
    """Canvas width and height, from the first chunk (RFC 9649)."""
    chunk, body = data[12:16], data[20:30]
    if chunk == b"VP8X":
        return 1 + _little(body[4:7]), 1 + _little(body[7:10])
    if chunk == b"VP8L":
        bits = _little(body[1:5])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return _little(body[6:8]) & 0x3FFF, _little(body[8:10]) & 0x3FFF


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _check_pixels(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise _too_many_pixels(size)


def _too_many_pixels(size: tuple[int, int] | None = None) -> PhotoError:
    what = f"is {size[0]} x {size[1]} pixels" if size else "has too many pixels"
    return PhotoError(
        "too_many_pixels",
        f"This photo {what}; the limit is {MAX_PIXELS // 1_000_000} megapixels. "
        "Save it smaller and try again.",
    )


def _unreadable() -> PhotoError:
    return PhotoError(
        "unreadable",
        "This photo is damaged or incomplete. Open it on your device, save it "
        "again as JPEG or PNG and try that file.",
    )


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1..8; 1 where there is none or it cannot be read."""
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # broken EXIF is common and no reason to refuse a photo
        return 1


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any mode -> a new sRGB image, transparency laid on white."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        image = _sixteen_bits_to_eight(image)
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
    if image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("L" if image.mode in ("1", "LA") else "RGB")
    rgb = (_by_profile(image, profile) if profile else None) or image.convert("RGB")
    if alpha is None:
        return rgb
    white = Image.new("RGB", rgb.size, "white")
    white.paste(rgb, mask=alpha)
    return white


def _sixteen_bits_to_eight(image: Image.Image) -> Image.Image:
    # convert("L") would clip: every value over 255 would turn white.
    values = np.asarray(image).astype(np.uint32) >> 8
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert from the embedded ICC profile to sRGB.

    None where that is not needed (sRGB already) or the profile does not fit.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return None
        return ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
