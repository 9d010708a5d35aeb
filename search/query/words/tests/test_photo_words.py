import pytest
from django.utils.translation import override

from catalog.product_words.sweep import refresh_all
from catalog.tests.factories import make_category, make_product
from search.index.encoders import active_encoder
from search.index.word_map import learn_word_map
from search.query.words.photo_words import read_photo_words
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
        ("v-neck, red", ("red", True)),
        ("a.b/c-d 1,5 \N{ZERO WIDTH JOINER} x' ''", ("", True)),
    ],
)
def test_a_colour_is_told_from_other_words(
    garment_network, fake_encoder, words, expected
):
    assert read_photo_words(words, fake_encoder)[:2] == expected


@pytest.mark.parametrize("words", ["rot", "in rot", "Rot"])
def test_a_colour_may_be_named_in_the_language_of_the_page(
    garment_network, fake_encoder, words
):
    with override("de"):
        assert read_photo_words(words, fake_encoder)[:2] == ("red", False)
    assert read_photo_words(words, fake_encoder)[0] == ""


def test_a_german_colour_is_known(garment_network, fake_encoder, settings):
    settings.SHOP_LANGUAGE = "german"
    assert read_photo_words("so, in blau", fake_encoder)[:2] == ("blue", False)


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


@pytest.fixture
def shop_of_three(garment_network, embed):
    for shade in range(5):
        add("Zcheap dress", "dress", (200 - shade, 20, 20))
        add("Plain dress", "dress", (60 - shade, 200, 60))
        add("Plain skirt", "skirt", (20, 20, 200 - shade))
    embed()
    refresh_all()
    learn_word_map(active_encoder())


def add(title: str, kind: str, rgb: tuple[int, int, int]) -> None:
    category = make_category(kind.title(), kind)
    make_product(title=title, brand="", category=category, photo=photo_of(kind, rgb))


def titles(response) -> list[str]:
    return [each["product"]["title"] for each in response.json()["results"]]


@pytest.mark.parametrize("words", ["skirt", "like this, skirt", "skirts"])
def test_words_move_a_photo_to_what_they_look_like(client, shop_of_three, words):
    found = titles(post_search(client, photo=DRESS, words=words))
    assert set(found[:5]) == {"Plain skirt"}


def test_words_that_nothing_says_leave_the_photo_as_it_is(client, shop_of_three):
    found = titles(post_search(client, photo=DRESS, words="zunknown"))
    assert found[:5] == titles(post_search(client, photo=DRESS))[:5]


def test_products_that_say_the_words_count_as_nearer(client, shop_of_three):
    green = photo_of("dress", (60, 200, 60))
    assert set(titles(post_search(client, photo=green))[:5]) == {"Plain dress"}
    found = titles(post_search(client, photo=green, words="zcheap"))
    assert set(found[:5]) == {"Zcheap dress"}
