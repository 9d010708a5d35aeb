import hashlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fashionlens.demo import sample
from fashionlens.demo.sample import CATEGORIES, STYLES, draw_sample, garment
from fashionlens.demo.sample.drawing.cloth import PATTERNS
from fashionlens.demo.sample.plan import PLAN, planned_garments

DATASET = [
    "dress",
    "hat",
    "longsleeve",
    "outwear",
    "pants",
    "shirt",
    "shoes",
    "shorts",
    "skirt",
    "t-shirt",
]
SMALL = (90, 120)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in folder.rglob("*.jpg")
    }


def difference(first: Image.Image, second: Image.Image) -> float:
    return float(np.abs(np.asarray(first, int) - np.asarray(second, int)).mean())


def test_every_category_has_products_and_second_photos(tmp_path):
    assert draw_sample(tmp_path, per_category=2) == 30
    names = sorted(digests(tmp_path))
    assert sorted({name.split("/")[0] for name in names}) == sorted(DATASET)
    assert len(names) == 30
    for second in (name for name in names if name.endswith("-2.jpg")):
        assert second.replace("-2.jpg", ".jpg") in names
    with Image.open(tmp_path / names[0]) as picture:
        assert (picture.format, picture.size, picture.mode) == (
            "JPEG",
            (600, 800),
            "RGB",
        )


def test_the_same_seed_draws_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "CATEGORIES", ("shoes", "skirt"))
    for name, seed in (("first", 7), ("again", 7), ("other", 8)):
        draw_sample(tmp_path / name, per_category=1, seed=seed)
    assert digests(tmp_path / "first") == digests(tmp_path / "again")
    first, other = digests(tmp_path / "first"), digests(tmp_path / "other")
    assert first.keys() == other.keys()
    assert not set(first.values()) & set(other.values())


def test_the_plan_has_16_garments_in_every_category():
    assert tuple(PLAN) == CATEGORIES == tuple(DATASET)
    for category in CATEGORIES:
        chosen = planned_garments(category)
        assert len(chosen) == len({planned.name for planned in chosen}) == 16
        assert {planned.style for planned in chosen} <= set(STYLES[category])


def test_styles_recur_in_other_colours_and_colours_in_other_categories():
    for category in CATEGORIES:
        styles = [planned.style for planned in planned_garments(category)]
        assert len(set(styles)) <= 13, category
    for colour in ("navy", "black", "red", "white", "olive", "camel"):
        rooms = [
            c
            for c in CATEGORIES
            if any(x.colour == colour for x in planned_garments(c))
        ]
        assert len(rooms) >= 4, colour


def test_more_garments_than_planned_can_be_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "CATEGORIES", ("skirt",))
    monkeypatch.setattr(sample, "garment", partial(garment, size=SMALL))
    assert draw_sample(tmp_path, per_category=19) > 19
    assert len({name.split("-")[0] for name in digests(tmp_path)}) == 19


@pytest.mark.parametrize(
    ("category", "style"), [(c, s) for c, styles in STYLES.items() for s in styles]
)
def test_every_style_is_drawn_in_every_view(category, style):
    views = [
        garment(category, colour="red", style=style, view=v, size=SMALL, seed=2)
        for v in ("front", "back", "closer")
    ]
    assert {view.size for view in views} == {SMALL}
    if category in ("hat", "outwear", "shirt", "shoes"):  # a jumper may be the same
        assert difference(views[0], views[1]) > 0.1
    assert difference(views[0], views[2]) > 5


@pytest.mark.parametrize("pattern", sorted(set(PATTERNS) - {"plain"}))
def test_a_pattern_changes_the_cloth_but_not_the_wall(pattern):
    options = {"colour": "blue", "style": "crew", "seed": 4, "backdrop": "fog"}
    plain = garment("t-shirt", **options)
    printed = garment("t-shirt", pattern=pattern, **options)
    corner, chest = (0, 0, 90, 120), (230, 330, 370, 520)
    assert difference(plain.crop(corner), printed.crop(corner)) < 0.5
    assert difference(plain.crop(chest), printed.crop(chest)) > 2


def test_size_and_rgb_colour_can_be_given():
    picture = garment("dress", colour=(10, 200, 30), size=(48, 64), seed=1)
    assert picture.size == (48, 64)
    red, green, blue = np.asarray(picture)[20:40, 18:30].mean(axis=(0, 1))
    assert green > red + 40 and green > blue + 40


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"category": "sock"}, "No category 'sock'. Choose one of dress, hat"),
        ({"colour": "puce"}, "No colour 'puce'. Choose one of white"),
        ({"pattern": "paisley"}, "No pattern 'paisley'"),
        ({"style": "crocs"}, "No style of shoes 'crocs'. Choose one of sneaker"),
        ({"view": "below"}, "No view 'below'. Choose one of front, back, closer"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_names(wrong, message):
    options = {"category": "shoes", "colour": "red", "size": SMALL} | wrong
    with pytest.raises(ValueError, match=message):
        garment(options.pop("category"), **options)
