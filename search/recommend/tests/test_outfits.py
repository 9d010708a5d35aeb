import pytest

from catalog.categories import CATEGORY_NAMES
from catalog.photos.colours import COLOUR_NAMES
from search.recommend.outfits import (
    BEST,
    BOLD,
    CLASH,
    GOES_WITH,
    GOOD,
    HUES,
    NAMES,
    NEUTRALS,
    harmony,
    hues,
    in_harmony,
    kind_of,
    worn_with,
)


def between(one: str, other: str) -> int:
    return harmony(hues([one], None), hues([other], None))


def test_the_tables_know_every_colour_and_every_kind():
    assert {*HUES, *NEUTRALS} == set(COLOUR_NAMES)
    assert not set(HUES) & NEUTRALS
    assert GOES_WITH.keys() == NAMES.keys()
    assert {kind_of(slug) for slug in CATEGORY_NAMES} == GOES_WITH.keys()
    for kind, others in GOES_WITH.items():
        assert kind not in others
        assert set(others) <= GOES_WITH.keys()
        assert len(others) >= 3 and sum(others.values()) >= 7


@pytest.mark.parametrize(
    ("slug", "kind"),
    [
        ("shirt", "shirt"),
        ("shirts", "shirt"),
        ("t-shirts", "t-shirt"),
        ("v-neck-t-shirts", "t-shirt"),
        ("mens-denim-jackets", "outwear"),
        ("shirt-dresses", "dress"),
        ("women_jeans", "pants"),
        ("Summer-Shoes", "shoes"),
        ("bags", None),
        ("shirts-and-bags", None),
        ("hemden", None),
        ("", None),
    ],
)
def test_a_category_is_of_the_kind_that_ends_its_name(slug, kind):
    assert kind_of(slug) == kind


def test_a_shop_names_the_kinds_of_its_own_words(settings):
    settings.OUTFIT_KINDS = {"hemden": "shirt", "hosen": "pants", "hats": "nonsense"}
    assert worn_with("hemden", ["hemden", "hosen", "t-shirt"]) == {
        "pants": (["hosen"], 2)
    }
    assert worn_with("hats", ["hosen"]) == {}


def test_only_what_the_shop_has_is_worn_in_the_order_of_the_table():
    shop = ["shoes", "boots", "bags", "pants", "shirt"]
    assert worn_with("shirt", shop) == {
        "pants": (["pants"], 2),
        "shoes": (["shoes", "boots"], 2),
    }
    assert worn_with("bags", shop) == {}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("black", "red", BEST),
        ("navy", "orange", BEST),
        ("white", "grey", BEST),
        ("red", "red", GOOD),
        ("red", "pink", GOOD),
        ("yellow", "olive", GOOD),
        ("blue", "orange", BOLD),
        ("red", "green", BOLD),
        ("purple", "yellow", BOLD),
        ("red", "blue", CLASH),
        ("yellow", "red", CLASH),
        ("green", "orange", CLASH),
    ],
)
def test_hues_next_to_or_across_from_each_other_go_together(one, other, expected):
    assert between(one, other) == between(other, one) == expected


def test_the_worst_of_several_colours_decides():
    striped = hues(["white", "red", "navy"], "shirt")
    assert harmony(striped, hues(["blue"], "outwear")) == CLASH
    assert harmony(striped, hues(["pink", "black"], "outwear")) == GOOD
    assert harmony([], striped) == BEST


def test_blue_trousers_are_denim_and_go_with_everything():
    red = hues(["red"], "shirt")
    assert harmony(red, hues(["blue"], "pants")) == BEST
    assert harmony(red, hues(["blue"], "shoes")) == CLASH
    assert "blue" in in_harmony(red, "pants")
    assert "blue" not in in_harmony(red, "shoes")
    assert set(in_harmony([], "shoes")) == set(COLOUR_NAMES)
