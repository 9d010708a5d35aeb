"""The structure of a PNG (third edition), read without decoding it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from ml.photo.limits import unreadable

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 20_000
_MAX_ICC_BYTES = 4_000_000
_END = b"\0\0\0\0IEND\xaeB`\x82"
_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT"}
_ANIMATION = {b"acTL", b"fcTL", b"fdAT"}
_COLOURS = {b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"eXIf"}


@dataclass(frozen=True)
class Png:
    pixels: bytes  # the file with what its pixels need, and nothing else
    animated: bool
    chunks: dict[bytes, bytes]  # the first of each kind that says something of colours

    @property
    def icc(self) -> bytes:
        _, _, packed = self.chunks.get(b"iCCP", b"").partition(b"\0")
        try:
            return zlib.decompressobj().decompress(packed[1:], _MAX_ICC_BYTES)
        except zlib.error:
            return b""


def read_png(data: bytes) -> Png:
    kept, animated = [SIGNATURE], False
    chunks: dict[bytes, bytes] = {}
    for kind, whole in _chunks(data):
        if kind in _PIXELS or kind in _ANIMATION:
            kept.append(whole)
            animated |= kind == b"acTL"
        elif kind in _COLOURS:
            chunks.setdefault(kind, whole[8:-4])
    return Png(b"".join([*kept, _END]), animated, chunks)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and bytes of each chunk before the end, which may be missing."""
    position = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        kind = data[position + 4 : position + 8]
        if kind in (b"", b"IEND"):
            return
        end = position + 12 + int.from_bytes(data[position : position + 4])
        if end > len(data):
            raise unreadable()
        yield kind, data[position:end]
        position = end
    raise unreadable()
