"""Perceptual hashes and colours, which stay when a picture is resized or saved again.

Two photos show the same picture if their hashes and the colours of their cells are
nearly equal. The hash alone ignores colour, so it would take one shirt photographed in
five colours for five copies. `python -m bench.duplicates` measures the limits.

The hash equals `imagehash.phash(image, 16)`: it says which of the 16 x 16 lowest
frequencies of the grey picture are above their median. It is computed here because
imagehash imports scipy, which costs a web process 30 MB. A test compares the two.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image

HASH_SIDE = 16
HASH_BITS = HASH_SIDE**2
MAX_BITS_OFF = 24  # of HASH_BITS
TINT_SIDE = 4
MAX_TINT_OFF = 16  # levels of 255, in any channel of any cell
_GREY_SIDE = 4 * HASH_SIDE


class Fingerprint(NamedTuple):
    hash: str  # HASH_BITS zeros and ones
    tint: bytes  # (TINT_SIDE, TINT_SIDE, 3) uint8 RGB


def fingerprint(image: Image.Image) -> Fingerprint:
    grey = image.convert("L").resize((_GREY_SIDE, _GREY_SIDE), Image.Resampling.LANCZOS)
    waves = _waves()
    # In a plain or symmetric picture rounding errors would decide the bits near 0.
    low = (waves @ np.asarray(grey, np.float64) @ waves.T).round(6)
    signs = (low > np.median(low)).ravel().astype(np.uint8) + ord("0")
    tint = image.resize((TINT_SIDE, TINT_SIDE), Image.Resampling.BOX)
    return Fingerprint(signs.tobytes().decode(), tint.tobytes())


@cache
def _waves() -> np.ndarray:
    """Return the lowest rows of the DCT-II, (HASH_SIDE, _GREY_SIDE)."""
    frequency = np.arange(HASH_SIDE)[:, None]
    place = 2 * np.arange(_GREY_SIDE) + 1
    return np.cos(np.pi * frequency * place / (2 * _GREY_SIDE))


def is_same_picture(one: Fingerprint, other: Fingerprint) -> bool:
    bits_off = (int(one.hash, 2) ^ int(other.hash, 2)).bit_count()
    return bits_off <= MAX_BITS_OFF and has_same_tint(one.tint, other.tint)


def has_same_tint(one: bytes, other: bytes) -> bool:
    levels = (np.frombuffer(each, np.uint8).astype(int) for each in (one, other))
    return bool(np.abs(next(levels) - next(levels)).max() <= MAX_TINT_OFF)
