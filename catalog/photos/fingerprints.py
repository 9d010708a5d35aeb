"""What a picture keeps when it is resized or saved anew, to find its copies by.

Two photos are one picture when their perceptual hashes are nearly the same and so are
their colours, cell by cell. The hash alone sees no colour: a shirt taken in five
colours from one spot would be five copies. `python -m bench.duplicates` prints what the
limits let through.

The hash is `imagehash.phash(image, 16)`: which of the 16 x 16 lowest frequencies of the
grey picture are above their median. It is worked out here because imagehash does it
through scipy, which costs a web process 30 MB; a test holds both equal, bit for bit.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from django.db import models
from PIL import Image

HASH_SIDE = 16
HASH_BITS = HASH_SIDE**2
MAX_BITS_OFF = 24  # of HASH_BITS
TINT_SIDE = 4
MAX_TINT_OFF = 16  # levels of 255, in any channel of any cell
_GREY_SIDE = 4 * HASH_SIDE


class BitField(models.CharField):
    """bit(max_length) of Postgres, as text of 0 and 1."""

    def db_type(self, connection: Any) -> str:
        return f"bit({self.max_length})"


class Fingerprint(NamedTuple):
    hash: str  # HASH_BITS of 0 and 1
    tint: bytes  # (TINT_SIDE, TINT_SIDE, 3) uint8 RGB


def fingerprint(image: Image.Image) -> Fingerprint:
    """RGB photo of any size -> its fingerprint."""
    grey = image.convert("L").resize((_GREY_SIDE, _GREY_SIDE), Image.Resampling.LANCZOS)
    waves = _waves()
    # Rounded: what is 0 in a plain or symmetric picture is not left to the last digit.
    low = (waves @ np.asarray(grey, np.float64) @ waves.T).round(6)
    signs = (low > np.median(low)).ravel().astype(np.uint8) + ord("0")
    tint = image.resize((TINT_SIDE, TINT_SIDE), Image.Resampling.BOX)
    return Fingerprint(signs.tobytes().decode(), tint.tobytes())


@cache
def _waves() -> np.ndarray:
    """(HASH_SIDE, _GREY_SIDE): the lowest rows of the cosine transform (DCT-II)."""
    frequency = np.arange(HASH_SIDE)[:, None]
    place = 2 * np.arange(_GREY_SIDE) + 1
    return np.cos(np.pi * frequency * place / (2 * _GREY_SIDE))


def is_same_picture(one: Fingerprint, other: Fingerprint) -> bool:
    bits_off = (int(one.hash, 2) ^ int(other.hash, 2)).bit_count()
    return bits_off <= MAX_BITS_OFF and has_same_tint(one.tint, other.tint)


def has_same_tint(one: bytes, other: bytes) -> bool:
    levels = (np.frombuffer(each, np.uint8).astype(int) for each in (one, other))
    return bool(np.abs(next(levels) - next(levels)).max() <= MAX_TINT_OFF)
