"""Products that a feed no longer names."""

import pytest
from django.core.management import CommandError
from django.utils import timezone

from catalog.feeds.tests.feed_folder import COAT, HAT, product
from catalog.history.entries import Author
from catalog.models import Product
from catalog.tests.factories import make_product
from catalog.trash.services import put_in_trash

pytestmark = pytest.mark.django_db


def test_missing_products_are_archived_until_they_return(shop):
    make_product(sku="by-hand", title="By hand")
    boots = "A3,Boots,Shoes,9.00,,"
    shop.feed(COAT, HAT, boots, "by-hand,Coat,Coats,1,,")
    started = timezone.now()
    assert "1 products archived" in shop.feed(
        COAT, HAT, archive_missing=True, force=True
    )
    assert product("A3").status == Product.Status.ARCHIVED
    assert product("A3").updated > started
    assert product("by-hand").status == Product.Status.PUBLISHED
    assert "0 products archived" in shop.run(archive_missing=True, force=True)
    output = shop.feed(COAT, HAT, boots)
    assert "1 updated, 2 unchanged" in output
    assert "1 products are back and published again" in output
    assert product("A3").status == Product.Status.PUBLISHED


def test_a_status_set_by_hand_stays(shop):
    boots = "A3,Boots,Shoes,9.00,,"
    shop.feed(COAT, HAT, boots)
    Product.objects.filter(sku="A1").update(status="archived")
    shop.run()
    assert product("A1").status == Product.Status.ARCHIVED
    shop.feed(COAT, HAT, archive_missing=True, force=True)
    Product.objects.filter(sku="A3").update(status="published")
    shop.run(archive_missing=True, force=True)
    assert product("A3").status == Product.Status.PUBLISHED
    Product.objects.filter(sku="A3").update(status="draft")
    assert "are back" not in shop.feed(COAT, HAT, boots)
    assert product("A3").status == Product.Status.DRAFT


def test_a_product_in_the_trash_does_not_return_with_its_feed(shop):
    boots = "A3,Boots,Shoes,9.00,,"
    shop.feed(COAT, HAT, boots)
    shop.feed(COAT, HAT, archive_missing=True, force=True)
    put_in_trash([product("A3").pk, product("A1").pk], Author())
    assert "are back" not in shop.feed(COAT, HAT, boots)
    assert Product.objects.in_trash().count() == 2


def test_a_tenth_of_the_products_is_archived_without_asking(shop):
    rows = [f"A{n},Hat,Hats,5,," for n in range(20)]
    shop.feed(*rows)
    assert "2 products archived" in shop.feed(*rows[2:], archive_missing=True)
    with pytest.raises(CommandError, match="more than 10 %"):
        shop.feed(*rows[4:], archive_missing=True)


@pytest.mark.parametrize(
    ("heading", "shown", "hidden"),
    [
        ("Status", "active", "draft"),
        ("Status", "Active", "Archived"),
        ("Published", "TRUE", "false"),
        ("Published", "1", "-1"),
        ("Published", "1", "0"),
        ("Visibility in catalog", "visible", "hidden"),
        ("post_status", "publish", "private"),
    ],
)
def test_what_the_source_does_not_show_is_not_published(shop, heading, shown, hidden):
    head = f"id,title,price,product_type,{heading}"
    shop.feed(f"A1,Coat,5,Coats,{hidden}", f"A2,Hat,5,Hats,{shown}", head=head)
    assert [product(sku).status for sku in ("A1", "A2")] == ["archived", "published"]
    shop.feed(f"A1,Coat,5,Coats,{shown}", f"A2,Hat,5,Hats,{hidden}", head=head)
    assert [product(sku).status for sku in ("A1", "A2")] == ["published", "archived"]


def test_a_product_is_shown_if_all_columns_show_it(shop):
    head = "id,title,price,product_type,status,published"
    shop.feed("A1,Coat,5,Coats,active,false", "A2,Hat,5,Hats,draft,true", head=head)
    assert not Product.objects.published().exists()


def test_an_empty_status_leaves_a_product_as_it_is(shop):
    head = "id,title,price,product_type,status,published"
    shop.feed("A1,Coat,5,Coats,draft,", "A2,Hat,5,Hats,,", head=head)
    output = shop.feed("A1,Coat,5,Coats,,", "A2,Hat,5,Hats,,", head=head)
    assert "0 updated, 2 unchanged" in output
    assert [product(sku).status for sku in ("A1", "A2")] == ["archived", "published"]
    shop.feed("A1,Coat,5,Coats,,true", head=head)
    assert product("A1").status == Product.Status.PUBLISHED
    shop.feed("A1,Coat,5,Coats,draft,", head=head)
    shop.feed("A1,Coat,5,Coats", head="id,title,price,product_type")
    assert product("A1").status == Product.Status.PUBLISHED


def test_a_product_with_an_empty_status_belongs_to_its_last_feed(shop):
    head = "id,title,price,product_type,status"
    coat, hat = "A1,Coat,5,Coats,", "A2,Hat,5,Hats,"
    shop.feed(coat, hat, head=head, feed_name="one")
    shop.feed(coat, head=head, feed_name="two")
    shop.feed(hat, head=head, feed_name="one", archive_missing=True, force=True)
    assert product("A1").status == Product.Status.PUBLISHED


def test_an_unknown_status_is_refused(shop):
    head = "id,title,price,product_type,status"
    shop.feed("A1,Coat,5,Coats,sale", "A2,Hat,5,Hats,active", head=head)
    assert "expected active, published" in shop.err.getvalue()
    assert not Product.objects.filter(sku="A1").exists()


def test_a_hidden_product_published_by_hand_stays(shop):
    head = "id,title,price,product_type,status"
    shop.feed("A1,Coat,5,Coats,draft", head=head)
    Product.objects.update(status="published")
    assert "1 unchanged" in shop.run()
    assert product("A1").status == Product.Status.PUBLISHED


def test_a_feed_archives_its_own_products_only(shop):
    shop.feed(COAT, HAT, feed_name="coats")
    shop.feed(HAT, "A3,Boots,Shoes,9.00,,", feed_name="boots")
    shop.feed("A1,Coat,Coats,1,,", feed_name="coats", archive_missing=True, force=True)
    assert product("A2").status == Product.Status.PUBLISHED  # of the other feed


def test_a_row_with_an_error_still_names_its_product(shop):
    shop.feed(COAT, HAT, "A3,Boots,Shoes,9.00,,")
    shop.feed(COAT, HAT, "A3,Boots,Shoes,free,,", archive_missing=True, force=True)
    assert product("A3").status == Product.Status.PUBLISHED


def test_archiving_more_than_a_tenth_needs_force(shop):
    shop.feed(COAT, HAT, "A3,Boots,Shoes,9.00,,")
    with pytest.raises(CommandError, match=r"2 of the 3 products.*--force"):
        shop.feed(COAT.replace("19", "18"), archive_missing=True)
    assert not Product.objects.filter(status="archived").exists()
    assert product("A1").price_cents == 1890
    assert "2 products archived" in shop.run(archive_missing=True, force=True)


def test_rows_without_an_id_prevent_archiving(shop):
    shop.feed(COAT, HAT, "A3,Boots,Shoes,9.00,,")
    with pytest.raises(CommandError, match=r"1 rows have no valid id.*the 1 products"):
        shop.feed(COAT, HAT, '"A3,Boots', archive_missing=True)
    assert not Product.objects.filter(status="archived").exists()
