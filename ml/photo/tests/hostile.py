"""Small files that cost seconds or hundreds of megabytes to decode unbounded."""

from __future__ import annotations

import re

from PIL import Image

from ml.tests.files import as_bytes

LARGEST = (6000, 5000)  # 30 megapixels


def many_scans(scans: int, size: tuple[int, int] = (64, 64)) -> bytes:
    """A progressive JPEG whose first scan of higher coefficients is repeated."""
    data = as_bytes(Image.new("L", size, 128), progressive=True)
    first, second = (m.start() for m in list(re.finditer(rb"\xff\xda", data))[:2])
    assert first < second
    end = re.compile(rb"\xff[^\x00]").search(data, second + 2 + 8)
    assert end
    return data[:second] + data[second : end.start()] * (scans - 1) + b"\xff\xd9"


def hostile_photos() -> dict[str, tuple[bytes, str]]:
    """Return file and format by name, each with the most pixels that are taken."""
    webp, avif = (3870, 3870), (5000, 4000)
    grey = Image.new("L", LARGEST, 90)
    clear = Image.new("RGBA", LARGEST, (10, 20, 30, 128))
    return {
        "rgba": (as_bytes(clear, "PNG"), "PNG"),
        "palette": (as_bytes(grey.convert("P"), "PNG"), "PNG"),
        "grey16": (as_bytes(grey.convert("I;16"), "PNG"), "PNG"),
        "webp": (as_bytes(clear.resize(webp), "WEBP", lossless=True), "WebP"),
        "avif": (as_bytes(clear.resize(avif), "AVIF", speed=10), "AVIF"),
        "progressive": (as_bytes(grey.convert("RGB"), progressive=True), "JPEG"),
    }
