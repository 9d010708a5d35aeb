from collections.abc import Callable
from functools import partial
from threading import Event, Thread, Timer

import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalog.filters import Filters
from catalog.models import Category, Product, ProductImage, ProductWords
from catalog.photos.store import add_photo
from catalog.product_words.sweep import refresh_all, refresh_pending
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from catalog.words import MAX_WORDS_CHARS, WordsError, find, interpret

pytestmark = pytest.mark.django_db


def found(words: str, **options) -> list[str]:
    titles = dict(Product.objects.values_list("id", "title"))
    return [titles[id_] for id_ in find(words, **options)]


def paint(product: Product, *colours: str, file: str = "a") -> None:
    ProductImage.objects.create(
        **{"product": product, "file": file, "sha256": file * 64},
        **{"width": 3, "height": 4, "colours": list(colours)},
    )


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
        ("\N{RIGHT-TO-LEFT OVERRIDE}dress", "dress"),
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


def test_words_follow_a_product_that_changes():
    product = make_product(title="Coat")
    product.title, product.brand, product.description = "Hat", "Acme", "Straw"
    product.save()
    assert found("coat") == []
    assert found("hat acme straw") == ["Hat"]
    Product.objects.update(title="Cap")
    assert (found("hat"), found("cap")) == ([], ["Cap"])
    Product.objects.update(category=make_category("Beanies", "beanie"))
    assert found("beanie") == ["Cap"]


def test_words_follow_a_category_that_is_renamed():
    make_product(title="One", category=make_category("Hats", "hat"))
    other = make_product(title="Two", category=make_category("Bags", "bag"))
    Category.objects.filter(slug="hat").update(name="Beanies")
    assert (found("hats"), found("beanies")) == ([], ["One"])
    other.category.name = "Purses"
    other.category.save()
    assert (found("bags"), found("purse")) == ([], ["Two"])


def test_words_follow_the_colours_of_photos():
    product = make_product(title="One")
    paint(product, "red", "light blue")
    assert found("red") == found('"light blue"') == ["One"]
    product.images.update(colours=["olive"])
    assert (found("red"), found("olive")) == ([], ["One"])
    other = make_product(title="Two")
    product.images.update(product=other)
    assert found("olive") == ["Two"]
    ProductImage.objects.all().delete()
    assert found("olive") == []


def test_an_added_photo_is_found_by_its_colour():
    add_photo(product=make_product(title="One"), data=make_photo_bytes("red"))
    assert found("red") == ["One"]


def test_products_created_in_bulk_or_by_copy_are_found():
    category = make_category("Hats", "hat")
    made = Product.objects.bulk_create(
        Product(sku=s, slug=s, title=f"Cap {s}", category=category, price_cents=1)
        for s in ("a", "b")
    )
    ProductImage.objects.bulk_create(
        ProductImage(
            **{"product": product, "file": "x.jpg", "sha256": "0" * 64},
            **{"width": 3, "height": 4, "colours": ["pink"]},
        )
        for product in made
    )
    with connection.cursor() as cursor:
        command = (
            "COPY catalog_product (sku, slug, title, description, brand, category_id,"
            " price_cents, currency, stock, status, created, updated) FROM STDIN"
        )
        with cursor.copy(command) as copy:
            row = ("c", "c", "Cap c", "", "", category.pk, 1, "EUR", 1, "published")
            copy.write_row((*row, timezone.now(), timezone.now()))
    assert refresh_pending() == 1
    assert found("cap") == ["Cap c", "Cap b", "Cap a"]
    assert found("pink hat") == ["Cap b", "Cap a"]


def test_a_product_that_plain_sql_has_changed_is_found_by_the_nightly_sweep():
    make_product(title="Coat")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET title = 'Hat'")
    assert refresh_pending() == 0
    refresh_all()
    assert (found("coat"), found("hat")) == ([], ["Hat"])


def test_a_photo_that_moves_to_another_product_takes_its_colour_along():
    one, other = make_product(title="One"), make_product(title="Two")
    paint(one, "olive")
    photo = one.images.get()
    photo.product = other
    photo.save()
    assert found("olive") == ["Two"]


def test_the_catalogue_has_no_triggers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        assert cursor.fetchall() == []


def test_the_words_of_a_deleted_product_are_deleted():
    product = make_product(title="One")
    paint(product, "red")
    product.delete()
    assert not ProductWords.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_changed_price_does_not_rewrite_the_words():
    product = make_product(title="One")
    with connection.cursor() as cursor:
        where = "SELECT ctid FROM catalog_productwords"
        before = cursor.execute(where).fetchone()
        product.price_cents, product.stock = 1, 0
        product.save()
        assert cursor.execute(where).fetchone() == before


def test_a_very_long_description_is_stored_and_found_by_its_beginning():
    words = "velvet " + " ".join(f"w{n}x{n * 7919}" for n in range(300_000))
    make_product(title="One", description=words)
    assert found("velvet") == ["One"]


def test_plain_words_cost_two_queries(django_assert_num_queries):
    make_product(title="Shirt")
    with django_assert_num_queries(2):  # exists, results
        find("shirt")
    with django_assert_num_queries(5):  # as given, prefix, correct, exists, results
        find("shrit")


def in_another_transaction(change: Callable[[], object]) -> tuple[Thread, Event]:
    """Run `change` in a transaction that commits once the event is set."""
    done, commit = Event(), Event()

    def run() -> None:
        with transaction.atomic():
            change()
            done.set()
            commit.wait(10)
        connection.close()

    thread = Thread(target=run)
    thread.start()
    assert done.wait(10)
    return thread, commit


@pytest.mark.django_db(transaction=True)
def test_a_product_added_while_its_category_is_renamed_has_the_new_name():
    hats = make_category("Hats", "hat")
    rename = partial(Category.objects.filter(pk=hats.pk).update, name="Beanies")
    renaming, commit = in_another_transaction(rename)
    Timer(0.3, commit.set).start()
    make_product(title="One", category=hats)  # waits
    renaming.join()
    assert (found("beanies"), found("hats")) == (["One"], [])


@pytest.mark.django_db(transaction=True)
def test_a_category_renamed_while_a_product_is_added_reaches_the_product():
    hats = make_category("Hats", "hat")
    adding, commit = in_another_transaction(
        partial(make_product, title="One", category=hats)
    )
    Timer(0.3, commit.set).start()
    Category.objects.filter(pk=hats.pk).update(name="Beanies")  # waits
    adding.join()
    assert (found("beanies"), found("hats")) == (["One"], [])


@pytest.mark.django_db(transaction=True)
def test_two_photos_of_a_product_painted_at_once_are_both_found():
    product = make_product(title="One")
    paint(product, "red")
    painting, commit = in_another_transaction(partial(paint, product, "pink", file="b"))
    Timer(0.3, commit.set).start()
    product.images.filter(colours=["red"]).update(colours=["navy"])  # waits
    painting.join()
    assert (found("pink navy"), found("red")) == (["One"], [])
