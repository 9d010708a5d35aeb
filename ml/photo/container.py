"""What the bytes of a photo say about it before any pixel is decoded."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

from ml.photo.colour import coded_profile, png_profile
from ml.photo.frames import MAX_FRAMES
from ml.photo.gif import read_gif
from ml.photo.jpeg import read_jpeg
from ml.photo.limits import check_size, unreadable, unsupported
from ml.photo.png import SIGNATURE, read_png
from ml.photo.webp import read_webp

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_ORIENTATION = 0x0112
_DEEP_HEIC_BYTES_PER_PIXEL = 12
_NCLX = b"colrnclx"

# The decoders are called by name, not through Image.open(): that one goes by a
# registry other code may have changed, and warns or raises on large pictures by
# limits of its own. MPO (two JPEGs in one file) is read as the JPEG it starts with.
_DECODERS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": WebPImageFile,
    "HEIC": HeifImageFile,
    "AVIF": AvifImageFile,
    "GIF": GifImageFile,
}


@dataclass(frozen=True)
class Container:
    format: str  # one of FORMATS
    pixels: bytes  # the file without metadata and without what follows its end
    kind: str  # begins a sentence
    # Bytes of memory for each pixel, measured as the peak of a process: what the
    # decoder takes, and what falls with the square of the scale.
    decoder_bytes: float
    scaled_bytes: float = 0
    size: tuple[int, int] | None = None  # None where only the decoder finds out
    icc: bytes = b""
    exif: bytes = b""
    animated: bool = False
    is_cut: bool = False

    def open(self) -> ImageFile.ImageFile:
        """Parse the header, without decoding pixels. Raises PhotoError."""
        if self.size:
            self.check(self.size)
        try:
            image = _DECODERS[self.format](io.BytesIO(self.pixels))
        except MemoryError:
            raise
        except Exception as error:  # decoders fail with nearly every kind there is
            raise unreadable() from error
        self.check(image.size)
        deep = image.mode == "RGBA" or image.info.get("bit_depth", 8) > 8
        if self.format == "HEIC" and deep:
            kind = "A HEIC with transparency or more than 8 bits a colour"
            check_size(image.size, kind, _DEEP_HEIC_BYTES_PER_PIXEL)
        return image

    def check(self, size: tuple[int, int]) -> None:
        check_size(size, self.kind, self.decoder_bytes + self.scaled_bytes)

    def memory(self, size: tuple[int, int], scale: int) -> int:
        """Return the bytes that decoding takes."""
        each = self.decoder_bytes + self.scaled_bytes / scale**2
        return round(size[0] * size[1] * each)

    def orientation(self, image: Image.Image) -> int:
        """EXIF orientation 1..8; 1 where there is none or it cannot be read."""
        try:
            exif = image.getexif() if self.format in ("HEIC", "AVIF") else Image.Exif()
            if self.exif:
                exif.load(self.exif)
            return int(exif.get(_ORIENTATION, 1))
        except Exception:  # broken EXIF is common and no reason to refuse a photo
            return 1

    def profile(self, image: Image.Image) -> bytes:
        """Return the ICC profile of the pixels, empty for sRGB."""
        icc = self.icc or image.info.get("icc_profile") or b""
        if not icc and self.format in ("HEIC", "AVIF"):
            place = self.pixels.find(_NCLX, 0, 1 << 16)
            code = self.pixels[place + len(_NCLX) :][:4]
            if place >= 0 and len(code) == 4:
                return coded_profile(code[1], code[3])
        return icc


def read_container(data: bytes) -> Container:
    """Raises PhotoError for other files, damaged ones and JPEGs of many scans."""
    format = sniff(data)
    if format == "JPEG":
        return _jpeg(data)
    if format == "PNG":
        png = read_png(data)
        return Container(
            format,
            png.pixels,
            "An animated PNG" if png.animated else "A PNG",
            decoder_bytes=16 if png.animated else 4,
            scaled_bytes=0 if png.animated else 4,
            icc=png_profile(png.chunks, png.icc),
            exif=png.chunks.get(b"eXIf", b""),
            animated=png.animated,
        )
    if format == "WebP":
        webp = read_webp(data)
        return Container(
            format,
            webp.pixels,
            "A WebP",
            decoder_bytes=16,
            # Its decoder allots the whole canvas on opening.
            size=webp.size,
            icc=webp.icc,
            exif=webp.exif,
            animated=webp.animated,
        )
    if format == "GIF":
        pixels = read_gif(data, MAX_FRAMES)
        return Container(format, pixels, "A GIF", decoder_bytes=16, animated=True)
    if format == "AVIF":
        return Container(
            format, data, "An AVIF", decoder_bytes=12, animated=b"avis" in data[:64]
        )
    return Container(format, data, "A HEIC", decoder_bytes=8)


def _jpeg(data: bytes) -> Container:
    jpeg = read_jpeg(data)
    return Container(
        "JPEG",
        jpeg.pixels,
        "A progressive JPEG of its kind" if jpeg.progressive else "A JPEG of its kind",
        decoder_bytes=jpeg.coefficient_bytes,
        scaled_bytes=8 if jpeg.components == 4 else 4,
        size=jpeg.size,
        icc=jpeg.icc,
        exif=jpeg.exif,
        is_cut=not jpeg.has_end,
    )


def sniff(data: bytes) -> str:
    """Name the format by content, one of FORMATS. Raises PhotoError."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(SIGNATURE):
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
    raise unsupported()


def _ftyp_brands(data: bytes) -> set[bytes]:
    """Major and compatible brands of an ISO media file (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(data[:4], "big"), len(data), 1024)
    return {data[8:12]} | {data[i : i + 4] for i in range(16, end - 3, 4)}
