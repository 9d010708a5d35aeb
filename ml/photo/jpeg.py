"""The structure of a JPEG (ITU-T T.81, annex B), read without decoding it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ml.photo.limits import MAX_SCANS, too_many_scans, unreadable

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
# In entropy-coded data 0xFF is followed by 0 or by a restart marker.
_NEXT_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)
_FRAMES = {0xC0: False, 0xC1: False, 0xC2: True}  # Huffman-coded; is it progressive
_OTHER_FRAMES = {*range(0xC3, 0xD0)} - {0xC4, 0xC8}
_WITHOUT_LENGTH = {0x01, 0xD8}
_DHT, _SOS, _DQT, _DRI = 0xC4, 0xDA, 0xDB, 0xDD
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_MAX_SEGMENTS = 5000
_ICC = b"ICC_PROFILE\0"
_EXIF = b"Exif\0\0"
# JFIF without its thumbnail, and Adobe's colour transform, which decoders need.
_JFIF_LENGTH, _ADOBE_LENGTH = 12, 12


class Segment(NamedTuple):
    marker: int
    start: int  # of the marker
    body: int
    end: int


@dataclass(frozen=True)
class Jpeg:
    pixels: bytes  # the file with what its pixels need, and nothing else
    size: tuple[int, int]
    components: int
    progressive: bool
    coefficient_bytes: float  # per pixel, held while a progressive JPEG is decoded
    has_end: bool
    has_all_scans: bool
    mcu_rows: int  # of blocks of 8 x 8, in the tallest component
    icc: bytes
    exif: bytes


def read_jpeg(data: bytes) -> Jpeg:
    """Raises PhotoError, also for more scans than MAX_SCANS."""
    segments, has_end = _segments(data)
    frames = [s for s in segments if s.marker in _FRAMES]
    scans = [s for s in segments if s.marker == _SOS]
    if len(frames) != 1 or not scans:
        raise unreadable()
    frame = frames[0]
    progressive = _FRAMES[frame.marker]
    body = data[frame.body : frame.end]
    components = body[5] if len(body) > 5 else 0
    if not components or len(body) != 6 + 3 * components:
        raise unreadable()
    sampling = [(body[i] >> 4, body[i] & 15) for i in range(7, len(body), 3)]
    widest, tallest = max(h for h, _ in sampling), max(v for _, v in sampling)
    if not widest or not tallest:
        raise unreadable()
    samples = sum(h * v for h, v in sampling) / (widest * tallest)
    return Jpeg(
        pixels=b"".join(_kept(data, segments)) + _EOI,
        size=(int.from_bytes(body[3:5]), int.from_bytes(body[1:3])),
        components=components,
        progressive=progressive,
        coefficient_bytes=2 * samples if progressive or len(scans) > 1 else 0,
        has_end=has_end,
        has_all_scans=_has_all_scans(data, body[6::3], scans, progressive),
        mcu_rows=tallest,
        icc=_icc(data, segments),
        exif=next(_bodies(data, segments, _APP1, _EXIF), b""),
    )


def _segments(data: bytes) -> tuple[list[Segment], bool]:
    """Return the segments up to the end marker, and whether there is one."""
    segments: list[Segment] = []
    scans, position = 0, len(_SOI)
    while found := _NEXT_MARKER.search(data, position):
        marker, position = found[1][0], found.end()
        if marker == _EOI[1]:
            return segments, True
        if marker in _WITHOUT_LENGTH:
            continue
        end = position + int.from_bytes(data[position : position + 2])
        scans += marker == _SOS
        if scans > MAX_SCANS:
            raise too_many_scans()
        if (
            marker in _OTHER_FRAMES
            or not position + 2 <= end <= len(data)
            or len(segments) >= _MAX_SEGMENTS
        ):
            raise unreadable()
        segments.append(Segment(marker, found.start(), position + 2, end))
        position = end
    return segments, False


def _kept(data: bytes, segments: list[Segment]) -> Iterator[bytes]:
    yield _SOI
    for segment in segments:
        marker, start, body, end = segment
        if marker in _FRAMES or marker in (_DHT, _DQT, _DRI):
            yield data[start:end]
        elif marker == _SOS:
            # The entropy-coded data goes on to the next marker. A cut file may end in
            # half a marker or half an escape.
            found = _NEXT_MARKER.search(data, end)
            yield data[start : found.start()] if found else data[start:].rstrip(b"\xff")
        elif marker == _APP0 and data.startswith(b"JFIF\0", body):
            yield b"\xff\xe0\0\x10" + data[body : body + _JFIF_LENGTH] + b"\0\0"
        elif marker == _APP14 and data.startswith(b"Adobe", body):
            yield b"\xff\xee\0\x0e" + data[body : body + _ADOBE_LENGTH]


def _bodies(
    data: bytes, segments: list[Segment], marker: int, name: bytes
) -> Iterator[bytes]:
    for segment in segments:
        if segment.marker == marker and data.startswith(name, segment.body):
            yield data[segment.body + len(name) : segment.end]


def _icc(data: bytes, segments: list[Segment]) -> bytes:
    # Each part begins with its number and their count (ICC.1, annex B.4).
    parts = sorted(_bodies(data, segments, _APP2, _ICC), key=lambda part: part[:1])
    return b"".join(part[2:] for part in parts)


def _has_all_scans(
    data: bytes, components: bytes, scans: list[Segment], progressive: bool
) -> bool:
    """Return whether each coefficient of each component is sent to its last bit."""
    missing = {(id, k) for id in components for k in range(64 if progressive else 1)}
    for scan in scans:
        body = data[scan.body : scan.end]
        if len(body) < 6:
            continue
        first, last, bits = body[-3], body[-2], body[-1] & 15
        if progressive and bits:
            continue
        for id in body[1 : 1 + 2 * body[0] : 2]:
            missing -= {(id, k) for k in range(first, last + 1)}
    return not missing
