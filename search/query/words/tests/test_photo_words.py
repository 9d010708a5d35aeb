import pytest

from search.query.words.photo_words import PhotoWords, read_photo_words
from search.tests.garments import photo_of
from search.tests.shop import post_search, skus

pytestmark = pytest.mark.django_db

DRESS = photo_of("dress", (200, 20, 20))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("like this, in red", ("red", False)),
        ("red", ("red", False)),
        ("in crimson", ("red", False)),  # a synonym
        ("blue dress", ("blue", True)),
        ("dress", ("", True)),
        ("not -red", ("", True)),
        ('"red"', ("", True)),
        ("\N{DRESS}", ("", True)),
        ("red or blue", ("", True)),
        ("red and blue", ("red", False)),
    ],
)
def test_a_colour_is_told_from_other_words(
    garment_network, fake_encoder, words, expected
):
    assert read_photo_words(words, fake_encoder) == PhotoWords(*expected)


def test_a_german_colour_is_known(garment_network, fake_encoder, settings):
    settings.SHOP_LANGUAGE = "german"
    assert read_photo_words("so, in blau", fake_encoder) == ("blue", False)


@pytest.mark.parametrize("words", ["like this, in blue", "blue"])
def test_a_colour_beside_a_photo_replaces_its_own(client, garment_shop, words):
    found = skus(post_search(client, photo=DRESS, words=words))
    assert found[0] == "blue-dress"
    assert found == skus(post_search(client, photo=DRESS, in_colour="blue"))


def test_a_colour_that_was_chosen_comes_before_one_in_words(client, garment_shop):
    response = post_search(client, photo=DRESS, words="blue", in_colour="red")
    assert response.status_code == 200
    response = post_search(client, photo=DRESS, words="blue", weights="colour:0")
    assert response.status_code == 200


def test_words_without_a_picture_are_only_words(client, garment_shop):
    assert set(skus(post_search(client, words="blue"))) == {"blue-dress"}
