"""Exports that an import takes without a change."""

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.feeds.runs.models import FeedRun
from catalog.models import Product, ProductImage
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from catalog.variants.models import Variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue() -> None:
    """Fill the shop with what is hard to write and read again."""
    parka = make_product(
        sku="P/1",
        title="Parka <XL> & more",
        description="Two\r\nlines, a \ttab & 5 < 6\n\n&lt;b&gt;not bold",
        brand="Ünï; “X”",
        category=make_category("Coats, jackets", "coats"),
        group="PARKA",
        colour="Wine / red",
        material="Wool",
        gender="female",
        age_group="adult",
        link="https://shop.example/p?a=1&b=2",
        price_cents=12900,
        sale_price_cents=9900,
        sale_starts=datetime(2020, 1, 1, tzinfo=UTC),
        sale_ends=datetime(2099, 1, 1, 12, 30, tzinfo=UTC),
        photo=make_photo_bytes("red"),
    )
    Variant.objects.filter(product=parka).update(size="S", gtin="4006381333931")
    Variant.objects.create(
        product=parka, sku="P/1-XL", size="XL", price_cents=13900, position=1
    )
    make_product(sku="D", status="draft", stock=0)
    make_product(sku="O", stock=None)
    two = make_product(sku="T", photo=True)
    Variant.objects.create(product=two, sku="T-M", size="M", quantity=3, position=1)
    Variant.objects.create(
        **{"product": two, "sku": "T-L", "size": "L", "position": 2},
        availability="out_of_stock",
    )


def state() -> list[list[dict]]:
    models = (Product, Variant, ProductImage)
    return [list(model.objects.order_by("pk").values()) for model in models]


def run(name: str, *args: object, **options: object) -> str:
    out = StringIO()
    call_command(name, *args, stdout=out, stderr=out, **options)
    return out.getvalue()


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("name", ["shop.zip", "shop.tsv", "shop.jsonl"])
def test_an_export_that_is_imported_changes_nothing(tmp_path, name):
    path: Path = tmp_path / name
    run("export_feed", path, address="https://photos.invalid/")
    before = state()
    output = run("import_feed", path)
    assert FeedRun.objects.latest("id").changes == []
    assert "0 products created, 0 updated" in output
    assert state() == before


@pytest.mark.usefixtures("catalogue")
def test_an_export_fills_an_empty_shop(tmp_path):
    run("export_feed", tmp_path / "shop.zip")
    texts = Product.objects.order_by("sku").values_list("sku", "title", "group")
    before = list(texts)
    Product.objects.all().delete()
    run("import_feed", tmp_path / "shop.zip")
    assert [sku for sku, *_ in texts] == [sku for sku, *_ in before]
    parka = Product.objects.get(sku="P/1")
    assert (parka.price_cents, parka.sale_price_cents) == (12900, 9900)
    assert [v.size for v in parka.variants.all()] == ["S", "XL"]
    assert Product.objects.get(sku="T").variants.count() == 3
    assert ProductImage.objects.count() == 2
    assert Product.objects.get(sku="D").status != "published"


@pytest.mark.usefixtures("catalogue")
def test_json_lines_have_a_list_of_photos(tmp_path):
    path = tmp_path / "shop.jsonl"
    run("export_feed", path, address="https://shop.example/")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == 7
    assert rows[0]["image_link"].startswith("https://shop.example/media/")
    assert rows[0]["additional_image_link"] == []


@pytest.mark.parametrize(
    ("name", "address", "message"),
    [("a.pdf", "x", "does not end with"), ("a.tsv", "", "--address")],
)
def test_unusable_options_are_refused(tmp_path, name, address, message):
    with pytest.raises(CommandError, match=message):
        run("export_feed", tmp_path / name, address=address)


def test_an_export_needs_few_queries(tmp_path, django_assert_max_num_queries):
    for number in range(10):
        make_product(sku=f"S{number}")
    with django_assert_max_num_queries(5):
        run("export_feed", tmp_path / "shop.jsonl", address="https://shop.example/")
