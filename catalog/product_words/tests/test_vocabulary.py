import pytest

from catalog.product_words.models import Word
from catalog.product_words.sweep import refresh_all
from catalog.product_words.vocabulary import complete, near_words, typing_distance
from catalog.tests.factories import make_product

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("dress", "dress", 0),
        ("drss", "dress", 1),
        ("rdess", "dress", 1),
        ("dross", "dress", 1),
        ("trowsres", "trousers", 2),
        ("", "hat", 3),
    ],
)
def test_typing_distances_of_cases_worked_by_hand(one, other, distance):
    assert typing_distance(one, other) == typing_distance(other, one) == distance


def test_the_nearest_word_comes_first_then_the_most_frequent():
    for title in ("Boot", "Coat", "Coat", "Goat"):
        make_product(title=title)
    refresh_all()
    assert near_words("coet") == ["coat"]
    assert near_words("oat") == ["coat", "goat"]
    assert near_words("c") == near_words("zeppelin") == near_words("x" * 200) == []


def test_the_most_frequent_words_complete_a_prefix():
    for title in ("Coat", "Coat", "Corset"):
        make_product(title=title)
    refresh_all()
    assert complete("co") == ["coat", "corset"]
    assert complete("%") == complete("_") == []


def test_words_that_no_product_has_are_forgotten_at_night():
    product = make_product(title="Coat")
    product.title = "Hat"
    product.save()
    refresh_all()
    words = set(Word.objects.values_list("word", flat=True))
    assert "hat" in words
    assert "coat" not in words
