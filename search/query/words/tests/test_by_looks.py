import numpy as np
import pytest

from catalog.filters import Filters
from catalog.listing import Listing
from catalog.models import Product
from catalog.product_words.sweep import refresh_all
from catalog.tests.factories import make_category, make_product
from search.index.encoders import active_encoder
from search.index.word_map import learn_word_map, word_looks
from search.models import Encoder, WordMap
from search.query.words.by_looks import EncoderLooksSearch
from search.tests.garments import photo_of

pytestmark = pytest.mark.django_db

RED, BLUE = (200, 20, 20), (20, 20, 200)
NO_FILTERS = Filters()


def add(title: str, kind: str, colour: tuple[int, int, int], shade: int = 0) -> Product:
    rgb = (colour[0] - shade, colour[1] + shade, colour[2])
    return make_product(
        title=title,
        brand="",
        category=make_category(kind.title(), kind),
        photo=photo_of(kind, rgb),
    )


@pytest.fixture
def shop(garment_network, embed) -> dict[str, Product]:
    """Return a red and a blue thing that do not say so, among many that do."""
    for shade in range(5):
        add("Zred zgown", "dress", RED, shade)
        add("Zblue zgown", "dress", BLUE, shade)
        add("Zblue zkilt", "skirt", BLUE, shade)
    products = {
        "red": add("First", "dress", RED, 7),
        "blue": add("Second", "dress", BLUE, 7),
        "red skirt": add("Third", "skirt", RED, 7),
    }
    embed()
    refresh_all()
    learn_word_map(active_encoder())
    return products


def looking(words: str, filters: Filters = NO_FILTERS) -> list[int]:
    found = EncoderLooksSearch().find(words, filters, 50)
    return [pk for pk in found if Product.objects.get(pk=pk).title in NAMES]


NAMES = {"First", "Second", "Third"}


def test_products_that_do_not_say_so_are_found_by_their_looks(shop):
    assert looking("zred zgown")[0] == shop["red"].pk
    assert looking("zblue zgown")[0] == shop["blue"].pk
    # A red skirt: each word was seen, the two never together.
    assert looking("zred zkilt")[0] == shop["red skirt"].pk


@pytest.mark.parametrize(
    "words",
    [
        "zred zeppelin",
        "zeppelin",
        '"zred"',
        "-zred",
        "a or b",
        "\N{DRESS}",
        "",
    ],
)
def test_words_never_seen_find_nothing_by_looks(shop, words):
    assert EncoderLooksSearch().find(words, NO_FILTERS, 50) == []


def test_they_stand_behind_those_that_say_it_and_are_marked(client, shop):
    listing = Listing(NO_FILTERS, "zred")
    titles = [product.title for product in listing.in_order()[0:24]]
    assert titles[:5] == ["Zred zgown"] * 5
    assert set(titles[5:]) >= {"First"}
    assert listing.count == len(titles)
    answer = client.get("/api/v1/products/?q=zred").json()
    assert answer["count"] == listing.count
    assert [each["by_looks"] for each in answer["results"]][:6] == [False] * 5 + [True]
    page = client.get("/?q=zred").text
    assert page.count("Found by its looks") == listing.count - 5


def test_pages_neither_repeat_nor_skip(shop):
    matches = Listing(NO_FILTERS, "zred").in_order()
    whole = [product.pk for product in matches[0:24]]
    pages = [
        product.pk
        for start in range(0, 24, 4)
        for product in matches[start : start + 4]
    ]
    assert pages == whole
    assert len(set(whole)) == len(whole)


def test_filters_and_facets_hold_for_them(shop):
    skirts = Filters(categories=("skirt",))
    assert looking("zred", skirts) == [shop["red skirt"].pk]
    facets = Listing(skirts, "zred").facets
    assert {each.value: each.count for each in facets.categories}["skirt"] >= 1


def test_hidden_products_are_not_found_by_looks(shop):
    Product.objects.filter(pk=shop["red"].pk).update(status="draft")
    assert shop["red"].pk not in looking("zred zgown")


def test_a_map_of_another_encoder_or_language_does_not_count(shop, settings):
    settings.SHOP_LANGUAGE = "german"
    Encoder.objects.get(state="active").save()  # forget what is kept
    assert word_looks() is None
    settings.SHOP_LANGUAGE = "english"
    WordMap.objects.all().delete()
    Encoder.objects.get(state="active").save()
    assert EncoderLooksSearch().find("zred zgown", NO_FILTERS, 5) == []


def test_an_empty_shop_learns_nothing(fake_encoder):
    assert learn_word_map(fake_encoder) is None


def test_the_shipped_words_are_kept_by_a_shop_without_texts(db):
    encoder = Encoder.objects.get(state="active")
    before = word_looks()
    assert learn_word_map(encoder) is not None
    after = word_looks()
    assert before is not None
    assert after is not None
    assert after.number.keys() == before.number.keys()
    for word, number in before.number.items():
        own, kept = before.rows[number], after.rows[after.number[word]]
        assert np.allclose(own, kept, atol=0.01)
