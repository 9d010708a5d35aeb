import pytest

from catalog.filters import Filters
from catalog.models import Product
from catalog.tests.factories import make_category, make_product, paint
from catalog.tests.results import found
from catalog.words import MAX_WORDS_CHARS, WordsError, find, interpret

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("linen", ["Linen gown"]),
        ("DRESSES", ["Linen gown"]),
        ("dress", ["Linen gown"]),
        ("acme", ["Linen gown"]),
        ("burgundy", ["Linen gown"]),
        ("cooling", ["Linen gown"]),
        ("burgundy acme dress", ["Linen gown"]),
        ("burgundy hat", []),
        ("", []),
        ("the", []),
        ("zeppelin", []),
    ],
)
def test_title_brand_category_colours_and_description_are_searched(words, titles):
    gown = make_product(title="Linen gown", brand="Acme", description="Light, it cools")
    paint(gown, "burgundy")
    make_product(title="Straw one", category=make_category("Hats", "hat"))
    assert found(words) == titles


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("dre", ["Linen dress"]),
        ("embroidere", ["Linen dress"]),
        ("linen dr", ["Linen dress"]),
        ("red l", []),
        ("straw h", ["Straw hat"]),
        ("str ha", ["Straw hat"]),
        ("t-sh", ["T-shirt"]),
        ("nord", ["T-shirt", "Straw hat", "Linen dress"]),
    ],
)
def test_the_last_word_may_be_a_prefix(words, titles):
    make_product(title="Linen dress", description="Embroidered by hand")
    make_product(title="Straw hat", category=make_category("Hats", "hat"))
    make_product(title="T-shirt", category=make_category("Tops", "top"))
    assert found(words) == titles


def test_a_known_word_is_not_taken_for_a_prefix():
    make_product(title="Hatch bag", category=make_category("Bags", "bag"))
    make_product(title="Sun hat", category=make_category("Hats", "hat"))
    assert found("hat") == ["Sun hat"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("drss", "dress"),
        ("dreess", "dress"),
        ("rdess", "dress"),
        ("skrit", "skirt"),
        ("jaket", "jacket"),
        ("trowsers", "trousers"),
        ("burgandy drss", "burgundy dress"),
        ("DRSS", "dress"),
        ("coton", "cotton"),
        ("-jacket drss", "-jacket dress"),
        ("drss wing", "dress wing"),
        ("\N{DRESS} burgundy drss", "burgundy dress"),
        (
            "burgundy dress \N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}",
            "burgundy dress",
        ),
    ],
)
def test_typing_errors_are_corrected_and_reported(typed, meant):
    category = make_category("Dresses", "dress")
    gown = make_product(title="Dress", description="Cotton, winged", category=category)
    paint(gown, "burgundy")
    for title in ("Skirt", "Jacket", "Trousers"):
        make_product(title=title, category=make_category("Other", "other"))
    query = interpret(typed)
    assert (query.words, query.original, query.corrected) == (meant, typed, True)


def test_names_of_categories_are_corrected():
    make_product(title="Linen", category=make_category("Dresses", "dress"))
    assert found("drss") == ["Linen"]


@pytest.mark.parametrize(
    "words", ["dress", "jacket dress", "qqqq", "the", "42x", "dr", "\N{DRESS}"]
)
def test_known_words_and_words_like_no_other_stay(words):
    make_product(title="Linen dress")
    assert not interpret(words).corrected


def test_an_emoji_in_a_title_is_found():
    make_product(title="Linen dress \N{DRESS}")
    make_product(title="Cotton dress")
    assert found("\N{DRESS} dress") == ["Linen dress \N{DRESS}"]


def test_words_of_hidden_products_are_no_corrections():
    make_product(title="Linen", category=make_category("Other", "other"))
    draft = make_product(title="Trousers", status="draft")
    assert not interpret("trowsers").corrected
    Product.objects.filter(pk=draft.pk).update(status="published")
    assert interpret("trowsers").words == "trousers"


def test_the_best_matches_come_first():
    make_product(title="Scarf", description="Goes with a wool coat")
    make_product(title="Wool coat")
    make_product(title="Wool coat", category=make_category("Coats", "coat"))
    assert found("coat") == ["Wool coat", "Wool coat", "Scarf"]
    best = Product.objects.get(pk=find("coat")[0])
    assert best.category.slug == "coat"
    assert found("coat", limit=1) == ["Wool coat"]


def test_only_published_products_are_found_unless_others_are_given():
    make_product(title="Coat", status="draft")
    assert found("coat") == []
    make_product(title="Coat", price_cents=10)
    make_product(title="Coat", price_cents=99)
    cheap = Filters(price_max_cents=50).products()
    assert len(find("coat")) == 2
    assert len(find("coat", products=cheap)) == 1


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("shirt -navy", ["Red shirt"]),
        ("-navy shirt", ["Red shirt"]),
        ('"navy shirt"', ["Navy shirt"]),
        ('"shirt navy"', []),
        ("navy or red", ["Red shirt", "Navy shirt"]),
        ("-navy", ["Red shirt"]),
        ('shirt -"navy shirt"', ["Red shirt"]),
    ],
)
def test_words_can_be_excluded_and_phrases_searched(words, titles):
    make_product(title="Navy shirt")
    make_product(title="Red shirt")
    assert found(words) == titles


@pytest.mark.parametrize(
    "words",
    [
        "'; DROP TABLE catalog_product; --",
        "& | ! <-> :* \\ ' \" ( )",
        "a:* & b",
        "shirt:*",
        "(shirt",
        "!!shirt",
        "shirt\\",
        "o'shirt",
        "shirt <2> red",
        "İIŞĞ \u0131çay ŞIRT",
        "\0",
        "shi\0rt",
        "\ud800 \udfff",
        "🧥 \u202e\ud7ff",
        '- -- "" -"',
        "%s %(x)s %%",
        "{} {0}",
        "x" * MAX_WORDS_CHARS,
        "- " * 100,
        '"' * 200,
        "é" * 200,
        "ab " * 66,
    ],
)
def test_no_text_is_syntax_or_an_error(words):
    make_product(title="Shirt")
    assert set(find(words)) <= set(Product.objects.values_list("id", flat=True))


def test_too_many_characters_are_refused_with_the_limit():
    with pytest.raises(WordsError, match="at most 200 characters; these are 10000"):
        find("x" * 10_000)


def test_an_accent_apart_from_its_letter_is_the_same_word():
    make_product(title="Café dress")
    apart = "cafe\N{COMBINING ACUTE ACCENT}"
    assert len(apart) == 5
    assert found(apart) == ["Café dress"]


def test_null_characters_are_cleaned_away():
    make_product(title="Shirt")
    assert found("\0 shirt\0 ") == ["Shirt"]


def test_plain_words_cost_two_queries(django_assert_num_queries):
    make_product(title="Shirt")
    find("shirt shrit")  # stems are kept
    with django_assert_num_queries(2):  # exists, results
        find("shirt")
    # Exists, completions and exists; what is unknown, near and known; exists, results.
    with django_assert_num_queries(8):
        find("shrit")
