"""A few pixels in a photo's colours, to show in the page until the photo is there."""

import base64
import struct

import numpy as np

from catalog.photos.fingerprints import TINT_SIDE

# A bitmap of 24 bits per pixel with the oldest header: no library is needed for it,
# and compression leaves little of the headers where a page has many.
_HEADER = struct.Struct("<2sIHHIIHHHH")
_ROW = TINT_SIDE * 3  # a multiple of four bytes, as the format needs


def placeholder_address(tint: bytes | memoryview | None) -> str:
    """Return a data: address for the tint of a fingerprint, "" without one."""
    if not tint:
        return ""
    size = _HEADER.size + TINT_SIDE * _ROW
    header = _HEADER.pack(
        b"BM", size, 0, 0, _HEADER.size, 12, TINT_SIDE, TINT_SIDE, 1, 24
    )
    rgb = np.frombuffer(tint, np.uint8).reshape(TINT_SIDE, TINT_SIDE, 3)
    pixels = rgb[::-1, :, ::-1].tobytes()  # from the bottom, in blue, green, red
    return f"data:image/bmp;base64,{base64.b64encode(header + pixels).decode()}"
