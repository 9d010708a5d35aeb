"""The options of the command."""

from pathlib import Path

import pytest
from django.core.management import CommandError

from catalog.feeds.tests.feed_folder import COAT, HAT, product
from catalog.models import Category, FeedPhoto, Product, ProductImage
from catalog.product_words.models import ProductWords

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"photos": Path("none")}, "no folder none"),
        ({"column": ["title"]}, "--column title is incomplete"),
        ({"feed_name": "x" * 81}, "at most 80 characters"),
        ({"category": "x" * 81}, "at most 80 characters"),
    ],
)
def test_unusable_options_are_refused(shop, options, message):
    with pytest.raises(CommandError, match=message):
        shop.feed(COAT, **options)
    assert not Product.objects.exists()


def test_errors_cannot_overwrite_the_feed(shop):
    with pytest.raises(CommandError, match="is the feed itself"):
        shop.feed(COAT, errors=shop.folder / "." / "spring.csv")
    assert "Coat" in shop.path.read_text()


def test_headings_are_mapped_and_unused_ones_listed(shop):
    head = "sku,Bezeichnung,category,price,mpn"
    output = shop.feed("A1,Mütze,Hats,1,4", head=head, column=["title=bezeichnung"])
    assert "Columns not used: mpn." in output
    assert product("A1").title == "Mütze"


MODELS = (Category, Product, ProductImage, ProductWords, FeedPhoto)


def test_a_dry_run_stores_nothing(shop, media):
    shop.feed(COAT, HAT)
    before = [list(model.objects.order_by("pk").values()) for model in MODELS]
    files = sorted(media.rglob("*.*"))
    rows = [COAT.replace("19.90", "9.90"), "A3,New,Shoes,1,gold.jpg,"]
    output = shop.feed(*rows, "A4,,,,,", dry_run=True, archive_missing=True)
    assert "1 products would be created, 1 would be updated, 0 unchanged" in output
    assert "1 photos would be added" in output
    assert "1 products would be archived" in output
    assert "1 rows skipped" in output
    assert [list(model.objects.order_by("pk").values()) for model in MODELS] == before
    assert sorted(media.rglob("*.*")) == files


def test_a_missing_file_is_an_error(shop):
    with pytest.raises(CommandError, match="There is no file"):
        shop.run()
