import numpy as np
import pytest
from PIL import Image

from catalog.photos.colours import COLOUR_NAMES, garment_colours
from fashionlens.demo.sample import garment


@pytest.mark.parametrize(
    ("drawn", "named"),
    [
        ("white", "white"),
        ("black", "black"),
        ("charcoal", "grey"),
        ("navy", "navy"),
        ("blue", "blue"),
        ("sky", "light blue"),
        ("green", "green"),
        ("olive", "olive"),
        ("red", "red"),
        ("burgundy", "burgundy"),
        ("pink", "pink"),
        ("purple", "purple"),
        ("mustard", "yellow"),
        ("terracotta", "orange"),
        ("brown", "brown"),
        ("camel", "beige"),
    ],
)
@pytest.mark.parametrize("category", ["t-shirt", "dress", "hat"])
def test_a_drawn_garment_is_named_by_its_colour(category, drawn, named):
    style = {"t-shirt": "crew", "dress": "skater", "hat": "bucket"}[category]
    picture = garment(category, colour=drawn, style=style, size=(300, 400), seed=3)
    assert garment_colours(picture)[0] == named


def test_the_backdrop_is_not_the_garment():
    picture = Image.new("RGB", (400, 533), (190, 30, 40))
    picture.paste((30, 30, 32), (120, 130, 280, 430))
    assert garment_colours(picture)[0] == "black"


def test_a_white_garment_in_a_dim_photo_is_white():
    picture = Image.new("RGB", (400, 533), (120, 24, 30))
    picture.paste((196, 196, 195), (100, 100, 300, 430))
    assert garment_colours(picture)[0] == "white"


@pytest.mark.parametrize("name, pixel", [("white", 255), ("black", 0)])
def test_a_photo_of_one_colour_is_named(name, pixel):
    assert garment_colours(Image.new("RGB", (50, 60), (pixel,) * 3))[0] == name


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK"])
@pytest.mark.parametrize("size", [(1, 1), (2, 700), (900, 3)])
def test_every_mode_and_shape_has_a_colour_name(mode, size):
    assert garment_colours(Image.new(mode, size))[0] in COLOUR_NAMES


def test_the_name_does_not_change_with_the_size():
    picture = garment("skirt", colour="forest", style="midi", seed=5)
    names = {
        garment_colours(picture.resize(s))[0]
        for s in [(600, 800), (300, 400), (96, 128)]
    }
    assert names == {"green"}


def test_the_same_photo_has_the_same_name():
    noisy = np.random.default_rng(1).integers(0, 256, (80, 60, 3), dtype=np.uint8)
    picture = Image.fromarray(noisy)
    assert len({garment_colours(picture)[0] for _ in range(3)}) == 1


def test_a_garment_of_several_colours_has_their_names():
    picture = Image.new("RGB", (400, 533), "white")
    picture.paste((20, 20, 22), (100, 80, 300, 220))
    picture.paste((190, 36, 44), (100, 220, 300, 360))
    picture.paste((233, 166, 180), (100, 360, 300, 460))
    assert garment_colours(picture)[:2] in (["red", "black"], ["black", "red"])
    assert len(garment_colours(picture)) <= 3
    assert "white" not in garment_colours(picture)


def test_a_plain_garment_has_one_colour():
    picture = garment("t-shirt", colour="navy", style="crew", size=(300, 400), seed=3)
    assert garment_colours(picture) == ["navy"]
