"""Photo files of every kind, made for the tests."""

from __future__ import annotations

import io
import struct
import zlib

import pillow_heif
from PIL import Image, ImageDraw

RED, GREEN, BLUE = (200, 30, 40), (30, 180, 60), (20, 40, 190)


def draw_garment(width: int = 400, height: int = 533) -> Image.Image:
    """Red above, blue below, a green mark in the upper left corner."""
    image = Image.new("RGB", (width, height), RED)
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, height // 2, width, height], fill=BLUE)
    draw.rectangle([0, 0, width // 4, height // 4], fill=GREEN)
    return image


def as_bytes(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def heic_bytes(image: Image.Image) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, quality=90)
    return file.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A valid one-bit PNG, small as a file and huge as pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + crc

    rows = zlib.compress(bytes((1 + (width + 7) // 8) * height), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )
