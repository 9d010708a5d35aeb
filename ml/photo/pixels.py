"""A decoded picture of any mode -> RGB, a strip at a time to save memory."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ml.photo.colour import Convert, to_srgb

_STRIP_PIXELS = 1 << 18


def to_rgb(image: Image.Image, icc: bytes, shrink: int) -> tuple[Image.Image, bool]:
    """Return an sRGB image, transparency laid on white, and whether it changed.

    `shrink` divides the sides. The same image may be returned.
    """
    transform = to_srgb(_base_mode(image), icc) if icc else None
    transparent = image.has_transparency_data
    if image.mode == "RGB" and not transparent and not transform and shrink == 1:
        return image, False
    width, height = image.size
    rgb = Image.new("RGB", (-(-width // shrink), -(-height // shrink)))
    rows = max(1, _STRIP_PIXELS // width // shrink) * shrink
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(height, top + rows)))
        rgb.paste(_strip_to_rgb(strip, transform, shrink), (0, top // shrink))
    return rgb, image.mode != "RGB" or transparent or transform is not None


def _base_mode(image: Image.Image) -> str:
    """Return the mode without alpha that the profile is applied to."""
    if image.mode in ("1", "L", "LA", "La", "F") or image.mode.startswith("I"):
        return "L"
    return "CMYK" if image.mode == "CMYK" else "RGB"


def _strip_to_rgb(
    strip: Image.Image, transform: Convert | None, shrink: int
) -> Image.Image:
    base = _base_mode(strip)
    if strip.mode.startswith("I") or strip.mode == "F":
        strip = _sixteen_bits_to_eight(strip)
    if not strip.has_transparency_data:
        plain = strip.convert(base)
        plain = plain.reduce(shrink) if shrink > 1 else plain
        return transform(plain) if transform else plain.convert("RGB")
    strip = strip.convert("LA" if base == "L" else "RGBA")
    if shrink > 1:
        # Premultiplied: the colour of a pixel that is not seen must not count.
        mode = strip.mode
        strip = strip.convert(mode[:-1] + "a").reduce(shrink).convert(mode)
    plain = strip.convert(base)
    rgb = transform(plain) if transform else plain.convert("RGB")
    white = Image.new("RGB", rgb.size, "white")
    white.paste(rgb, mask=strip.getchannel("A"))
    return white


def _sixteen_bits_to_eight(image: Image.Image) -> Image.Image:
    # convert("L") would clip: every value over 255 would turn white.
    values = np.asarray(image).astype(np.uint32) >> 8
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))
