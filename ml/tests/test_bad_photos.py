"""What the shipped encoder makes of photos that are hard to read, all drawn here."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from fashionlens.demo.sample import garment
from ml.encoder import Encoder, Garment

FLOOR, SKIN = (150, 140, 130), (205, 160, 135)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load()


@cache
def cut_out(category: str, colour: str) -> tuple[Image.Image, Image.Image]:
    """Return a drawn garment and its mask: what two backdrops do not change."""
    pictures = [
        garment(category, colour=colour, size=(300, 400), backdrop=name)
        for name in ("sage", "blush")
    ]
    first, second = (np.asarray(picture, int) for picture in pictures)
    same = np.abs(first - second).max(axis=2) < 3
    mask = Image.fromarray((255 * same).astype(np.uint8))
    return pictures[0], mask.filter(ImageFilter.MedianFilter(5))


def ground(colour: tuple[int, int, int], size: tuple[int, int]) -> Image.Image:
    """Return a surface with grain and uneven light."""
    rng = np.random.default_rng(0)
    shade = Image.fromarray(rng.normal(0, 8, (8, 8)).astype(np.float32)).resize(size)
    grain = rng.normal(0, 4, (size[1], size[0])) + np.asarray(shade)
    pixels = np.array(colour) + grain[..., None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def lay(
    category: str,
    colour: str,
    on: Image.Image,
    at: tuple[int, int] = (0, 0),
    size: tuple[int, int] = (300, 400),
) -> Image.Image:
    picture, mask = (image.resize(size) for image in cut_out(category, colour))
    on.paste(picture, at, mask)
    return on


def outline(category: str, colour: str) -> tuple[int, int, int, int]:
    return cut_out(category, colour)[1].getbbox() or (0, 0, 300, 400)


def found(encoder: Encoder, image: Image.Image) -> list[tuple[Garment, str]]:
    """Return each garment and its main colour."""
    finding, vectors = encoder.encode_garments(image)
    apart = encoder.colour_distances(vectors)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    return [
        (each, min(apart, key=lambda name: apart[name][row]))
        for row, each in enumerate(finding.garments)
    ]


def test_a_close_up_of_plain_cloth_shows_no_garment(encoder):
    left, top, right, bottom = outline("t-shirt", "blue")
    picture, _ = cut_out("t-shirt", "blue")
    x, y = (right - left) // 3, (bottom - top) // 3
    cloth = picture.crop((left + x, top + y, right - x, bottom - y))
    assert found(encoder, cloth.resize((400, 400))) == []


def test_a_garment_that_touches_every_edge_fills_the_picture(encoder):
    left, top, right, bottom = outline("t-shirt", "blue")
    picture, _ = cut_out("t-shirt", "blue")
    cropped = picture.crop((left + 4, top + 4, right - 4, bottom - 4))
    [(seen, colour)] = found(encoder, cropped)
    assert seen.box == pytest.approx((0, 0, 1, 1), abs=0.05)
    assert seen.share > 0.5 and "blue" in colour


def test_of_a_person_the_clothes_are_found(encoder):
    photo = ground((180, 178, 172), (300, 500))
    draw = ImageDraw.Draw(photo)
    draw.ellipse((122, 20, 178, 92), fill=SKIN)
    for limb in ((138, 80, 162, 130), (60, 150, 88, 330), (212, 150, 240, 330)):
        draw.rounded_rectangle(limb, 12, fill=SKIN)
    lay("pants", "navy", photo, (35, 215), (230, 310))
    lay("t-shirt", "green", photo, (10, 60), (280, 330))
    [(seen, colour)] = found(encoder, photo)
    assert seen.box[1] > 0.15  # below the head
    assert seen.box[3] > 0.9  # one above the other they are one garment
    assert colour in ("green", "navy")


def test_two_garments_that_touch_are_one(encoder):
    photo = lay("t-shirt", "blue", ground(FLOOR, (460, 400)), (-20, 0))
    lay("pants", "red", photo, (140, 0))
    [(seen, _)] = found(encoder, photo)
    assert seen.box[0] < 0.1 and seen.box[2] > 0.7


def test_black_on_black_is_found_though_not_to_its_hem(encoder):
    photo = lay("t-shirt", "black", ground((24, 24, 26), (300, 400)))
    [(seen, colour)] = found(encoder, photo)
    left, top, right, bottom = seen.box
    assert (left, top, right) == pytest.approx((0.12, 0.16, 0.86), abs=0.08)
    assert 0.4 < bottom < 0.9
    assert colour == "black"


def test_white_on_white_is_a_garment_that_fills_the_picture(encoder):
    """The finder sees that there is one, and cannot see where it ends."""
    [(seen, colour)] = found(
        encoder, lay("t-shirt", "white", ground((238, 238, 236), (300, 400)))
    )
    assert seen.share > 0.4
    assert colour in ("white", "cream")


def test_a_garment_of_a_twentieth_of_the_frame_is_found(encoder):
    photo = lay("t-shirt", "blue", ground(FLOOR, (400, 400)), (230, 200), (120, 160))
    [(seen, colour)] = found(encoder, photo)
    assert seen.box == pytest.approx((0.6, 0.57, 0.85, 0.84), abs=0.06)
    assert 0.03 < seen.share < 0.08
    assert "blue" in colour


def test_on_a_page_of_a_web_shop_the_product_is_found(encoder):
    page = Image.new("RGB", (800, 600), "white")
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 800, 60), fill=(30, 40, 60))
    for y in range(100, 480, 28):
        draw.text((430, y), "A soft cotton top, made to last. S M L XL", fill="black")
    draw.rectangle((430, 520, 620, 560), fill=(20, 110, 60))
    page.paste(garment("t-shirt", colour="red", size=(330, 440)), (60, 90))
    [(seen, colour)] = found(encoder, page)
    left, top, right, bottom = seen.box
    assert 60 / 800 < left < right < 390 / 800 and 90 / 600 < top < bottom < 530 / 600
    assert colour == "red"


def test_the_colour_is_the_garments_where_most_of_the_photo_has_another(encoder):
    photo = lay(
        "t-shirt", "white", ground((110, 30, 48), (400, 400)), (5, 5), (150, 200)
    )
    [(_, colour)] = found(encoder, photo)
    assert colour == "white"
