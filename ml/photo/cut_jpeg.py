"""JPEGs that lack their end: only the last bytes, or more of the picture."""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import JpegImagePlugin

from ml.photo.jpeg import read_jpeg

_EOI = b"\xff\xd9"
_MAX_PROGRESSIVE_PIXELS = 16_000_000  # decoding it three times takes a second
# Bits that decode to something.
_TAIL = random.Random(1).randbytes(4096).replace(b"\xff", b"\x5a")


def lacks_last_bytes_only(data: bytes) -> bool:
    """Return whether all but the last rows of blocks are there.

    `data` is what is left of the file, with an end marker. What depends on the bits
    that follow was not in the file: decode it with two tails, at a reduced scale, and
    look where the pictures differ.
    """
    jpeg = read_jpeg(data)
    pixels = jpeg.size[0] * jpeg.size[1]
    if not jpeg.has_all_scans or (
        jpeg.progressive and pixels > _MAX_PROGRESSIVE_PIXELS
    ):
        return False
    # At an eighth only the first coefficient of each block counts, which the last
    # scans of a progressive JPEG do not send.
    scale = 2 if jpeg.progressive else 8
    one, other = (
        _reduced(jpeg.pixels[:-2] + tail + _EOI, scale) for tail in (b"", _TAIL)
    )
    rows = (one != other).reshape(len(one), -1).any(axis=1)
    return not rows[: len(rows) - jpeg.mcu_rows * 8 // scale].any()


def _reduced(data: bytes, scale: int) -> np.ndarray:
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    image.draft(None, (max(1, image.width // scale), max(1, image.height // scale)))
    return np.asarray(image)
