from collections.abc import Callable
from functools import partial
from threading import Event, Thread, Timer

import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Category, Product, ProductImage
from catalog.photos.store import add_photo
from catalog.product_words.models import ProductWords
from catalog.product_words.sweep import refresh_all, refresh_pending
from catalog.tests.factories import (
    make_category,
    make_photo_bytes,
    make_product,
    paint,
)
from catalog.tests.results import found

pytestmark = pytest.mark.django_db


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
