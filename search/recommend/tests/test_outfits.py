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
    KIND_NAMES,
    NEUTRALS,
    find_complements,
    find_kind,
    harmonious_colours,
    harmony,
    hues,
)


def rate(one: str, other: str) -> int:
    return harmony(hues([one], None), hues([other], None))


def test_the_tables_know_every_colour_and_every_kind():
    assert {*HUES, *NEUTRALS} == set(COLOUR_NAMES)
    assert not set(HUES) & NEUTRALS
    assert GOES_WITH.keys() == KIND_NAMES.keys()
    assert {find_kind(slug) for slug in CATEGORY_NAMES} == GOES_WITH.keys()
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
def test_a_category_has_the_kind_whose_name_ends_its_slug(slug, kind):
    assert find_kind(slug) == kind


def test_the_setting_gives_kinds_to_other_categories(settings):
    settings.OUTFIT_KINDS = {"hemden": "shirt", "hosen": "pants", "hats": "nonsense"}
    assert find_complements("hemden", ["hemden", "hosen", "t-shirt"]) == {
        "pants": (["hosen"], 2)
    }
    assert find_complements("hats", ["hosen"]) == {}


def test_complements_are_categories_of_the_shop_in_the_tables_order():
    shop = ["shoes", "boots", "bags", "pants", "shirt"]
    assert find_complements("shirt", shop) == {
        "pants": (["pants"], 2),
        "shoes": (["shoes", "boots"], 2),
    }
    assert find_complements("bags", shop) == {}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("black", "red", BEST),
        ("navy", "orange", BEST),
        ("white", "grey", BEST),
        ("red", "red", GOOD),
        ("red", "pink", GOOD),
        ("red", "orange", GOOD),  # two steps apart: NEIGHBOURS
        ("yellow", "olive", GOOD),
        ("blue", "orange", BOLD),
        ("red", "green", BOLD),
        ("red", "olive", BOLD),  # five steps apart: OPPOSITES
        ("green", "pink", BOLD),
        ("purple", "yellow", BOLD),
        ("red", "blue", CLASH),
        ("yellow", "red", CLASH),
        ("green", "orange", CLASH),
    ],
)
def test_hues_next_to_or_across_from_each_other_go_together(one, other, expected):
    assert rate(one, other) == rate(other, one) == expected


def test_the_worst_of_several_colours_decides():
    striped = hues(["white", "red", "navy"], "shirt")
    assert harmony(striped, hues(["blue"], "outwear")) == CLASH
    assert harmony(striped, hues(["pink", "black"], "outwear")) == GOOD
    assert harmony([], striped) == BEST


def test_blue_trousers_are_denim_and_go_with_everything():
    red = hues(["red"], "shirt")
    assert harmony(red, hues(["blue"], "pants")) == BEST
    assert harmony(red, hues(["blue"], "shoes")) == CLASH
    assert "blue" in harmonious_colours(red, "pants")
    assert "blue" not in harmonious_colours(red, "shoes")
    assert set(harmonious_colours([], "shoes")) == set(COLOUR_NAMES)
