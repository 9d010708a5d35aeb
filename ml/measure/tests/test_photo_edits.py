from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ml.measure.photo_edits import (
    ROWS,
    View,
    _homography,
    edited_view,
    harder_view,
    photo_view,
)

VIEWS = [*ROWS.values(), edited_view]


def noise() -> Image.Image:
    return Image.effect_noise((200, 100), 60).convert("RGB")


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_follows_the_seed(view: View):
    first, again, other = (
        view(noise_once, np.random.default_rng(seed))
        for noise_once in [noise()]
        for seed in (1, 1, 2)
    )
    assert first.tobytes() == again.tobytes() != other.tobytes()
    assert first.mode == "RGB"


@pytest.mark.parametrize(
    ("view", "low", "high"), [(photo_view, 0.6, 0.9), (edited_view, 0.8, 0.95)]
)
def test_a_view_keeps_such_a_share_of_each_side(view: View, low: float, high: float):
    photo = noise()
    sizes = [view(photo, np.random.default_rng(seed)).size for seed in range(40)]
    widths = [width / 200 for width, _ in sizes]
    heights = [height / 100 for _, height in sizes]
    for shares in (widths, heights):
        assert low - 0.01 <= min(shares) < low + 0.1
        assert high - 0.1 < max(shares) <= high + 0.01


@pytest.mark.parametrize("view", VIEWS)
def test_a_photo_of_one_pixel_is_no_trouble(view: View):
    one = view(Image.new("RGB", (1, 1)), np.random.default_rng(1))
    assert one.size == (1, 1)


def test_about_half_of_the_views_are_mirrored():
    photo = Image.linear_gradient("L").rotate(90).convert("RGB")  # darker to a side
    mirrored = 0
    for seed in range(60):
        columns = np.asarray(photo_view(photo, np.random.default_rng(seed)))[..., 0]
        mirrored += columns[:, 0].mean() > columns[:, -1].mean()
    assert 15 < mirrored < 45


def test_light_changes_by_a_quarter_at_most():
    grey = Image.new("RGB", (50, 50), (100, 100, 100))  # contrast leaves it as it is
    levels = [
        np.asarray(photo_view(grey, np.random.default_rng(seed))).mean()
        for seed in range(60)
    ]
    assert 74 <= min(levels) < 82 and 118 < max(levels) <= 126


def test_a_harder_view_makes_up_no_backdrop_and_covers_a_part():
    """Of a white photo nothing but the cover is of another colour."""
    white = Image.new("RGB", (300, 300), "white")
    covered = []
    for seed in range(30):
        pixels = np.asarray(harder_view(white, np.random.default_rng(seed))).astype(int)
        level = np.median(pixels.reshape(-1, 3), axis=0)
        assert level.min() >= 185
        covered.append((np.abs(pixels - level).max(axis=2) > 40).mean())
    assert 0.02 < np.mean(covered) < 0.2 and max(covered) < 0.25


def test_the_homography_takes_corners_to_corners():
    corners = np.array([[3.0, 5.0], [80.0, 1.0], [90.0, 70.0], [0.0, 60.0]])
    a, b, c, d, e, f, g, h = _homography((40, 30), corners)
    for (x, y), wanted in zip(
        [(0, 0), (40, 0), (40, 30), (0, 30)], corners, strict=True
    ):
        depth = g * x + h * y + 1
        found = ((a * x + b * y + c) / depth, (d * x + e * y + f) / depth)
        assert found == pytest.approx(tuple(wanted))
