"""Where garments lie: crops, boxes and turns, with a finder that sees one colour."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.serving.garments import (
    Sight,
    _islands,
    crop,
    finding_of,
    look,
    mask_box,
    only,
)

SIZE = 64
RED, GREY = (220, 20, 30), (120, 120, 120)


def finder(pixels: np.ndarray) -> list[np.ndarray]:
    """All red is garment; the side with most of it is up."""
    red = (pixels[..., 0].astype(int) - pixels[..., 1]) > 80
    masks = red.reshape(-1, 32, 2, 32, 2).mean(axis=(2, 4)).astype(np.float32)
    found = masks.sum(axis=(1, 2))
    presence = np.where(found > 2, 5.0, -5.0)
    sides = [masks[:, :16], masks[:, :, :16], masks[:, 16:], masks[:, :, 16:]]
    sums = np.stack([side.sum(axis=(1, 2)) for side in sides], axis=1)
    return [masks, presence, 9 * sums / np.maximum(found, 1)[:, None]]


def photo(*boxes: tuple, size: tuple[int, int] = (300, 400)) -> Image.Image:
    image = Image.new("RGB", size, GREY)
    for box in boxes:
        ImageDraw.Draw(image).rectangle(box, fill=RED)
    return image


def seen(image: Image.Image) -> Sight:
    return look([image], finder, SIZE)[0]


def red_share(pixels: np.ndarray) -> float:
    return float((pixels[..., 0].astype(int) - pixels[..., 1] > 80).mean())


def test_the_crop_holds_the_garment_and_a_margin():
    pixels, mask = crop(*_with(photo((100, 100, 199, 219))), 80)
    assert (pixels.shape, mask.shape) == ((80, 80, 3), (20, 20))
    assert pixels.dtype == mask.dtype == np.uint8
    assert 0.6 < red_share(pixels) < 0.85
    edge = np.concatenate([pixels[:3].reshape(-1, 3), pixels[-3:].reshape(-1, 3)])
    assert np.abs(edge.astype(int) - GREY).max() < 30
    assert mask[10, 10] > 240 and mask[0].max() < 60


def _with(image: Image.Image) -> tuple[Image.Image, Sight]:
    return image, seen(image)


def test_place_and_size_in_the_frame_hardly_change_the_crop():
    near, _ = crop(*_with(photo((30, 40, 269, 359))), 80)
    far = photo((200, 100, 279, 206), size=(600, 500))
    crops = [near, crop(*_with(far), 80)[0]]
    assert abs(red_share(crops[0]) - red_share(crops[1])) < 0.1


def test_a_turned_photo_gives_the_same_crop():
    upright = photo((60, 40, 239, 159), (120, 160, 179, 300))  # most red above
    first, _ = crop(*_with(upright), 80)
    assert seen(upright).turn == 0
    for degrees, turns in ((90, 1), (180, 2), (270, 3)):
        turned = upright.rotate(degrees, expand=True)
        sight = seen(turned)
        assert sight.turn == turns
        assert finding_of(sight).garments[0].turn == (360 - degrees) % 360
        again, _ = crop(turned, sight, 80)
        assert np.abs(again.astype(int) - first).mean() < 12


def test_an_unsure_finder_looks_from_all_four_sides():
    calls = []

    def unsure(pixels: np.ndarray) -> list[np.ndarray]:
        calls.append(len(pixels))
        masks, presence, turns = finder(pixels)
        return [masks, presence, turns / 20]

    upright = photo((60, 40, 239, 159), (120, 160, 179, 300))
    (sight,) = look([upright], unsure, SIZE)
    assert calls == [1, 3]
    assert sight.turn == 0
    assert np.abs(sight.mask - seen(upright).mask).mean() < 0.02


def test_a_garment_far_away_is_turned_by_its_second_look_alone():
    calls = []

    def unsure(pixels: np.ndarray) -> list[np.ndarray]:
        calls.append(len(pixels))
        masks, presence, turns = finder(pixels)
        return [masks, presence, turns / 20]

    look([photo((700, 300, 819, 459), size=(1000, 1000))], unsure, SIZE)
    assert calls == [1, 1, 3]


def test_separate_garments_have_boxes_the_largest_first():
    found = finding_of(seen(photo((20, 30, 119, 200), (180, 250, 279, 380))))
    assert len(found.garments) == 2 and found.presence > 0.9
    large, small = found.garments
    assert large.share > small.share
    assert large.box == pytest.approx((20 / 300, 30 / 400, 0.4, 0.5), abs=0.04)
    assert small.box == pytest.approx((0.6, 0.625, 0.93, 0.95), abs=0.04)


def test_two_garments_that_touch_are_one():
    found = finding_of(seen(photo((20, 100, 149, 300), (152, 100, 280, 300))))
    assert len(found.garments) == 1


def test_at_most_four_garments_and_no_specks():
    boxes = [(x, y, x + 69, y + 69) for x in (5, 105, 205) for y in (5, 155, 305)]
    assert len(finding_of(seen(photo(*boxes))).garments) == 4
    speck = photo((20, 30, 219, 300), (270, 370, 279, 379))
    assert len(finding_of(seen(speck)).garments) == 1


def test_a_picture_without_a_garment_has_none():
    found = finding_of(seen(photo()))
    assert found.garments == () and found.presence < 0.1


def test_a_garment_the_mask_cannot_place_fills_the_picture():
    sight = Sight(np.zeros((32, 32), np.float32), 3.0, 0)
    assert finding_of(sight).garments[0].box == (0, 0, 1, 1)
    pixels, mask = crop(photo(), sight, 80)
    assert pixels.shape == (80, 80, 3) and mask.min() == 255


def test_a_close_up_of_cloth_is_the_whole_photo():
    image = photo((0, 0, 300, 400))
    (garment,) = finding_of(seen(image)).garments
    assert garment.box == (0, 0, 1, 1) and garment.share == pytest.approx(1)
    pixels, mask = crop(*_with(image), 80)
    assert red_share(pixels) == 1  # beyond the photo its edge goes on
    assert mask[10, 10] == 255 and mask[0, 0] == 0


def test_a_garment_that_touches_every_edge_is_not_cut():
    image = photo((0, 150, 300, 250), (100, 0, 200, 400))
    (garment,) = finding_of(seen(image)).garments
    assert garment.box == (0, 0, 1, 1)


def test_a_tiny_garment_is_looked_at_again():
    image = photo((700, 300, 819, 459), size=(1000, 1000))  # 2 % of the photo
    sight = seen(image)
    assert sight.mask.shape == (128, 128)
    left, top, right, bottom = mask_box(sight.mask)
    assert (left, top) == pytest.approx((0.7, 0.3), abs=0.02)
    assert (right, bottom) == pytest.approx((0.82, 0.46), abs=0.02)
    assert red_share(crop(image, sight, 80)[0]) > 0.5


def test_one_of_two_garments_can_be_asked_for():
    image = photo((20, 30, 119, 200), (180, 250, 279, 380))
    sight = seen(image)
    both, _ = crop(image, sight, 80)
    first, second = finding_of(sight).garments
    for garment in (first, second):
        pixels, _ = crop(image, only(sight, garment), 80)
        assert red_share(pixels) > red_share(both) + 0.2


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3)])
def test_any_shape_of_photo_can_be_cropped(size):
    image = Image.new("RGB", size, RED)
    pixels, mask = crop(image, seen(image), 80)
    assert pixels.shape == (80, 80, 3) and mask.shape == (20, 20)


def flood(sure: np.ndarray) -> int:
    """Count the parts of a mask, cell by cell; a gap of two cells does not part."""
    left = set(zip(*np.nonzero(sure), strict=True))
    parts = 0
    while left:
        parts, reached = parts + 1, [left.pop()]
        while reached:
            y, x = reached.pop()
            near = {c for c in left if max(abs(c[0] - y), abs(c[1] - x)) <= 3}
            left -= near
            reached += near
    return parts


@pytest.mark.parametrize("share", [0.01, 0.03, 0.05])
def test_the_parts_of_a_mask_are_those_of_a_naive_search(share):
    random = np.random.default_rng(1)
    for _ in range(10):
        sure = random.random((32, 32)) < share
        labels = _islands(sure)
        assert len(np.unique(labels[sure])) == flood(sure)
