from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.measure.pixel_features import (
    K,
    PixelFeatures,
    near_colour,
    near_pattern,
    near_share,
    to_lab,
)
from ml.measure.tests.test_metrics import unit_vectors


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0, 0)),
    ],
)
def test_lab_of_known_colours(rgb, lab):
    assert to_lab(np.array(rgb, dtype=np.uint8)) == pytest.approx(lab, abs=0.02)


def garment(colour: str, backdrop: str, step: int = 0) -> Image.Image:
    image = Image.new("RGB", (90, 120), backdrop)
    draw = ImageDraw.Draw(image)
    draw.rectangle((15, 20, 75, 100), fill=colour)
    for x in range(15, 75, step) if step else ():
        draw.line((x, 20, x, 100), fill="white", width=step // 3)
    return image


def test_colour_is_of_the_garment_and_border_of_the_backdrop():
    features = PixelFeatures.from_images(
        [garment("red", "navy"), garment("red", "white")]
    )
    assert near_colour(features.garment, features.garment).all()
    assert near_colour(features.border, features.border).tolist() == [
        [True, False],
        [False, True],
    ]
    assert features.garment[0] == pytest.approx(to_lab(np.array([255, 0, 0], np.uint8)))


def test_stripes_are_busier_than_plain_cloth():
    plain, striped, finer = (garment("navy", "white", s) for s in (0, 12, 9))
    features = PixelFeatures.from_images([plain, striped, finer])
    alike = near_pattern(features.busy, features.busy)
    assert alike.diagonal().all()
    assert not alike[0, 1] and alike[1, 2]


def test_no_photos_have_no_features():
    features = PixelFeatures.concatenate(
        [
            PixelFeatures.from_images([]),
            PixelFeatures.from_images([garment("red", "white")]),
        ]
    )
    assert features.garment.shape == features.border.shape == (1, 3)
    assert features.busy.shape == (1,)


def test_share_of_the_closest_and_by_chance_equal_a_loop():
    rng = np.random.default_rng(3)
    queries, gallery = unit_vectors(12, seed=1), unit_vectors(40, seed=2)
    ours, theirs = rng.integers(4, size=12), rng.integers(3, size=40)
    near = rng.random((12, 40)) < 0.4
    shares, chances = [], []
    for q in range(12):
        same = [g for g in range(40) if theirs[g] == ours[q]]
        if not same:
            continue
        closest = sorted(range(40), key=lambda g: -float(queries[q] @ gallery[g]))[:K]
        shares.append(sum(near[q, g] for g in closest) / K)
        chances.append(sum(near[q, g] for g in same) / len(same))
    assert 0 < len(shares) < 12  # a query alone in its category is left out
    found = near_share(queries, gallery, near, ours[:, None] == theirs[None, :])
    assert found == pytest.approx(
        {
            "share@10": np.mean(shares),
            "chance": np.mean(chances),
            "lift": np.mean(shares) / np.mean(chances),
        }
    )


def test_nobody_to_compare_with_is_nan():
    none = np.zeros((2, 3), dtype=bool)
    found = near_share(unit_vectors(2), unit_vectors(3), none, none)
    assert all(math.isnan(value) for value in found.values())
    found = near_share(unit_vectors(2), unit_vectors(3), none, ~none)
    assert found["share@10"] == found["chance"] == 0
    assert math.isnan(found["lift"])


def test_a_garment_is_measured_inside_its_mask():
    pixels = np.full((64, 64, 3), 255, np.uint8)  # white, with stripes beyond the mask
    pixels[::2, 32:] = 0
    pixels[:, :32] = (255, 0, 0)
    mask = np.zeros((16, 16), np.uint8)
    mask[:, :8] = 255
    nothing = np.zeros_like(mask)
    whole = PixelFeatures.from_images([Image.fromarray(pixels)] * 2)
    seen = whole.inside(np.stack([pixels, pixels]), np.stack([mask, nothing]))
    assert seen.garment[0] == pytest.approx((53.24, 80.09, 67.20), abs=0.1)
    assert seen.busy[0] == pytest.approx(0, abs=1e-6)
    assert (seen.garment[1], seen.busy[1]) == (
        pytest.approx(whole.garment[1]),
        whole.busy[1],
    )
    assert (seen.border == whole.border).all()
