import pytest

from catalog.feeds.store.colour_words import name_colours
from catalog.photos.colours import COLOUR_NAMES


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Red", ["red"]),
        ("Navy / White", ["navy", "white"]),
        ("Grün", ["green"]),
        ("KIRMIZI", ["red"]),
        ("Light Blue", ["light blue"]),
        ("off-white", ["beige"]),
        ("Bordeaux-Rouge", ["burgundy", "red"]),
        ("red red RED", ["red"]),
        ("Dusk 14", []),
        ("", []),
    ],
)
def test_merchants_words_have_names_of_colours(text, names):
    assert name_colours(text) == names


def test_each_name_is_its_own():
    assert [name_colours(name) for name in COLOUR_NAMES] == [[n] for n in COLOUR_NAMES]
