"""The structure of a WebP (RFC 9649), read without decoding it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ml.photo.limits import unreadable

_MAX_CHUNKS = 20_000
_PIXELS = {b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"}
_ALPHA, _ANIMATION = 0x10, 0x02  # flags of VP8X


@dataclass(frozen=True)
class WebP:
    pixels: bytes  # the file with what its pixels need, and nothing else
    size: tuple[int, int]
    animated: bool
    icc: bytes
    exif: bytes


def read_webp(data: bytes) -> WebP:
    kept: list[bytes] = []
    other: dict[bytes, bytes] = {}
    size, animated = None, False
    for kind, body in _chunks(data):
        size = size or _size(kind, body)
        if kind == b"VP8X" and body:
            animated = bool(body[0] & _ANIMATION)
            flags = bytes([body[0] & (_ALPHA | _ANIMATION)])
            kept.append(_chunk(kind, flags + body[1:10]))
        elif kind in _PIXELS:
            kept.append(_chunk(kind, body))
        else:
            other.setdefault(kind, body)
    if size is None:
        raise unreadable()
    pixels = b"WEBP" + b"".join(kept)
    return WebP(
        b"RIFF" + len(pixels).to_bytes(4, "little") + pixels,
        size,
        animated,
        other.get(b"ICCP", b""),
        other.get(b"EXIF", b"").removeprefix(b"Exif\0\0"),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    end = min(len(data), 8 + _little(data[4:8]))
    for _ in range(_MAX_CHUNKS):
        if position + 8 > end:
            return
        size = _little(data[position + 4 : position + 8])
        if position + 8 + size > len(data):
            raise unreadable()
        yield data[position : position + 4], data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    raise unreadable()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def _size(kind: bytes, body: bytes) -> tuple[int, int] | None:
    if kind == b"VP8X":
        return 1 + _little(body[4:7]), 1 + _little(body[7:10])
    if kind == b"VP8L":
        bits = _little(body[1:5])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        return _little(body[6:8]) & 0x3FFF, _little(body[8:10]) & 0x3FFF
    return None


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
