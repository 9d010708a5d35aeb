"""The garment parted from its ground, and laid on others."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.measure.cutout import garment_mask, studio_view

SIZE = (180, 240)
BOX = (50, 70, 130, 190)  # of the garment: left, top, right, bottom
CLOTH = (180, 30, 40)


@pytest.fixture
def photo() -> Image.Image:
    """A red garment on a floor of grey noise."""
    grey = np.random.default_rng(0).normal(128, 12, SIZE[::-1]).clip(0, 255)
    floor = Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    ImageDraw.Draw(floor).rectangle(BOX, fill=CLOTH)
    return floor


def test_what_fills_the_middle_is_the_garment(photo):
    garment = np.asarray(garment_mask(photo)) > 127
    truth = np.zeros_like(garment)
    truth[BOX[1] : BOX[3] + 1, BOX[0] : BOX[2] + 1] = True
    assert (garment & truth).sum() / (garment | truth).sum() > 0.9


def test_the_same_photo_gives_the_same_mask(photo):
    first, again = (garment_mask(photo).tobytes() for _ in range(2))
    assert first == again


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (300, 200)])
def test_a_photo_of_one_colour_has_no_garment_and_stays(size):
    plain = Image.new("RGB", size, "beige")
    assert garment_mask(plain) is None
    assert studio_view(plain, np.random.default_rng(1)) is plain


def test_a_studio_shows_the_garment_alone_on_white(photo):
    view = studio_view(photo, np.random.default_rng(1))
    width, height = BOX[2] - BOX[0], BOX[3] - BOX[1]
    assert width < view.width < 1.3 * width and height < view.height < 1.3 * height
    pixels = np.asarray(view).astype(int)
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert edge.min() > 250
    assert tuple(pixels[view.height // 2, view.width // 2]) == CLOTH


def test_a_garment_at_the_edge_of_the_photo_has_white_around_it(photo):
    cut = photo.crop((0, 0, BOX[2] - 20, SIZE[1]))
    pixels = np.asarray(studio_view(cut, np.random.default_rng(1)))
    assert pixels[:, -1].min() > 250
