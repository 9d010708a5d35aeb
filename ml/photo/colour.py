"""Colours as a file describes them -> sRGB."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms

Convert = Callable[[Image.Image], Image.Image]
Primaries = tuple[tuple[float, float], ...]

# A profile that moves no colour by more than this many levels is sRGB.
_SAME_LEVELS = 2
_SPACES = {
    "GRAY": {"L": "L"},
    "RGB": {"L": "RGB", "RGB": "RGB"},
    "CMYK": {"CMYK": "CMYK"},
}

_D65 = (0.3127, 0.3290)
_D50_XYZ = np.array([0.9642, 1.0, 0.8249])
# Code (ITU-T H.273, table 2) -> x and y of red, green, blue and white.
_PRIMARIES = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65),
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060), _D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
}
_SRGB_PRIMARIES = _PRIMARIES[1]
_WHITE_NITS = 203  # of HDR reference white (ITU-R BT.2408)
# Bradford's cone responses (ICC.1:2022, annex E).
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def to_srgb(mode: str, icc: bytes) -> Convert | None:
    """Return what converts pictures of this mode by the profile.

    None where the profile is sRGB, does not fit the mode or is broken.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        space = source.profile.xcolor_space.strip()
        taken = _SPACES.get(space, {}).get(mode)
        if taken is None:
            return None
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        transform = ImageCms.ImageCmsTransform(source, srgb, taken, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    if taken != "CMYK" and _changes_nothing(transform, taken):
        return None
    return lambda image: transform.apply(image.convert(taken))


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    if mode == "L":
        sample = Image.fromarray(levels[None])
    else:
        cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1)
        sample = Image.fromarray(cube.reshape(9, 81, 3))
    before = np.asarray(sample.convert("RGB"), np.int16)
    after = np.asarray(transform.apply(sample), np.int16)
    return bool(np.abs(after - before).max() <= _SAME_LEVELS)


def png_profile(chunks: dict[bytes, bytes], icc: bytes) -> bytes:
    """Return the ICC profile of a PNG's chunks, by their order of precedence.

    Empty for sRGB (PNG, third edition, 4.3).
    """
    if len(code := chunks.get(b"cICP", b"")) == 4:
        return coded_profile(code[0], code[1])
    if icc or b"sRGB" in chunks or len(chunks.get(b"gAMA", b"")) != 4:
        return icc
    exponent = int.from_bytes(chunks[b"gAMA"]) / 100_000
    primaries: Primaries = _SRGB_PRIMARIES
    if len(points := chunks.get(b"cHRM", b"")) == 32:
        xy = [n / 100_000 for n in struct.unpack(">8I", points)]
        white, *rest = zip(xy[::2], xy[1::2], strict=True)
        primaries = (*rest, white)
    like_srgb = np.abs(np.subtract(primaries, _SRGB_PRIMARIES)).max() < 0.003
    # 1/2.2 is what programs write for sRGB.
    if not 0.05 < exponent < 5 or (like_srgb and abs(exponent - 1 / 2.2) < 0.01):
        return b""
    return matrix_profile(primaries, np.linspace(0, 1, 4096) ** (1 / exponent))


def coded_profile(primaries: int, transfer: int) -> bytes:
    """Return the ICC profile of code points (ITU-T H.273); empty for sRGB."""
    levels = np.linspace(0, 1, 4096)
    curves = {
        4: lambda: levels**2.2,
        5: lambda: levels**2.8,
        8: lambda: levels,
        16: lambda: _pq(levels),
        18: lambda: _hlg(levels),
    }
    points = _PRIMARIES.get(primaries, _SRGB_PRIMARIES)
    if transfer in curves:
        return matrix_profile(points, curves[transfer]())
    # Stills with the curves of television are meant, and shown, as sRGB.
    if points in (_SRGB_PRIMARIES, _PRIMARIES[5], _PRIMARIES[6]):
        return b""
    return matrix_profile(points, _srgb_curve(levels))


def _srgb_curve(levels: np.ndarray) -> np.ndarray:
    return np.where(
        levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4
    )


def _pq(levels: np.ndarray) -> np.ndarray:
    """The EOTF of SMPTE ST 2084, 1 at reference white and clipped there."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = levels ** (1 / m2)
    nits = 10_000 * ((power - c1).clip(0) / (c2 - c3 * power)) ** (1 / m1)
    return (nits / _WHITE_NITS).clip(0, 1)


def _hlg(levels: np.ndarray) -> np.ndarray:
    """HLG (ITU-R BT.2100) on a display of 1,000 nits, clipped at reference white."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(levels <= 0.5, levels**2 / 3, (np.exp((levels - c) / a) + b) / 12)
    return (1000 * scene**1.2 / _WHITE_NITS).clip(0, 1)


def matrix_profile(primaries: Primaries, curve: np.ndarray) -> bytes:
    """Return an ICC profile (version 2) of primaries and one curve for all three.

    `primaries` are x and y of red, green, blue and white; `curve` is 0..1.
    """
    try:
        columns = _to_d50(primaries)
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return b""
    samples = (curve * 65535).round().astype(">u2").tobytes()
    trc = struct.pack(">4sII", b"curv", 0, len(curve)) + samples
    tags = {
        b"desc": struct.pack(">4sII1s", b"desc", 0, 1, b"\0") + bytes(78),
        b"cprt": b"text\0\0\0\0\0",
        b"wtpt": _xyz(_D50_XYZ),
        b"rXYZ": _xyz(columns[:, 0]),
        b"gXYZ": _xyz(columns[:, 1]),
        b"bXYZ": _xyz(columns[:, 2]),
    }
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), trc)
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(
        ">I4sI4s4s4s12s4s28s12s48s",
        *(start + len(body), b"", 0x02100000, b"mntr", b"RGB ", b"XYZ ", b""),
        *(b"acsp", b"", _xyz(_D50_XYZ)[8:], b""),
    )
    return head + table + body


def _to_d50(primaries: Primaries) -> np.ndarray:
    """Return XYZ of the primaries as columns, adapted to D50 (ICC.1, annex E)."""
    xyz = np.array([(x / y, 1, (1 - x - y) / y) for x, y in primaries])
    white = xyz[3]
    columns = xyz[:3].T * np.linalg.solve(xyz[:3].T, white)
    cones = np.diag((_BRADFORD @ _D50_XYZ) / (_BRADFORD @ white))
    return np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ columns


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))
