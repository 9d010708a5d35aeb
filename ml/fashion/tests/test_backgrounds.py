from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from ml.fashion.backgrounds import on_other_background

SIZE = (180, 240)
BOX = (50, 70, 130, 190)  # of the garment: left, top, right, bottom
CLOTH = (180, 30, 40)


def test_other_grounds_are_white_plain_or_a_corner_of_another_photo():
    photo = Image.new("RGB", SIZE, "grey")
    mask = Image.new("L", SIZE)
    for image, fill in ((photo, CLOTH), (mask, 255)):
        ImageDraw.Draw(image).rectangle(BOX, fill=fill)
    other = Image.new("RGB", (90, 90), (10, 200, 30))  # its corners are green
    ImageDraw.Draw(other).rectangle((30, 30, 60, 60), fill="magenta")
    corners = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        laid = on_other_background(photo, mask, other, rng)
        assert laid.size == photo.size
        middle = (sum(BOX[::2]) // 2, sum(BOX[1::2]) // 2)
        assert laid.getpixel(middle) == CLOTH
        corners.append(laid.getpixel((2, 2)))
        assert corners[-1] == laid.getpixel((SIZE[0] - 3, SIZE[1] - 3))
    assert corners.count((255, 255, 255)) > 12
    assert corners.count((10, 200, 30)) > 12
    assert len(set(corners)) > 5
