"""Shopify's product export."""

from pathlib import Path

import pytest

from catalog.feeds.formats.shopify import ShopifyFeed
from catalog.feeds.formats.source import open_feed
from catalog.feeds.rows import ProductRow, read_row

HEAD = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Published,Option1 Name,"
    "Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Inventory Tracker,"
    "Variant Inventory Qty,Variant Inventory Policy,Variant Price,Image Src,"
    "Image Position,Variant Image,Status"
)
GOWN = (
    "gown,Linen gown,<p>Light.</p>,Zora,,Gowns,true,Size,{size},Colour,Red,{sku},"
    "shopify,{qty},{policy},59.00,https://x.example/1.jpg,1,,{status}"
)
SIZE = "gown,,,,,,,,{size},,Red,{sku},shopify,{qty},{policy},59.00,{image},,{own},"
PHOTO = "gown,,,,,,,,,,,,,,,,https://x.example/3.jpg,3,,"


def first(**cells: str) -> str:
    defaults = {"size": "S", "sku": "G-S", "qty": "2", "policy": "deny"}
    return GOWN.format(**{"status": "active"} | defaults | cells)


def size(**cells: str) -> str:
    defaults = {"size": "M", "sku": "G-M", "qty": "2", "policy": "deny", "own": ""}
    return SIZE.format(**{"image": ""} | defaults | cells)


@pytest.fixture
def read(tmp_path: Path):
    def rows(*lines: str, head: str = HEAD, **options) -> list[ProductRow]:
        path = tmp_path / "products_export.csv"
        path.write_text("\n".join([head, *lines, ""]))
        feed = open_feed(path, **options)
        assert isinstance(feed, ShopifyFeed)
        return [read_row(record, currency="EUR") for record in feed]

    return rows


def test_variants_share_the_texts_and_photos_of_their_handle(read):
    image = "https://x.example/2.jpg"
    small, medium = read(first(), size(image=image, own=image), PHOTO)
    assert (small.number, medium.number) == (2, 3)
    assert small.problems == medium.problems == []
    assert (small.sku, medium.sku) == ("G-S", "G-M")
    for row in (small, medium):
        assert row.values["title"] == "Linen gown"
        assert row.values["description"] == "Light."
        assert (row.values["brand"], row.category) == ("Zora", "Gowns")
        assert (row.values["price_cents"], row.values["quantity"]) == (5900, 2)
    assert [link[-5] for link in small.links] == ["1", "2", "3"]
    assert [link[-5] for link in medium.links] == ["2", "1", "3"]


def test_photos_of_other_colours_are_not_a_products(read):
    names = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price"
    rows = read(
        "tee,Tee,Color,Red,T-R,9,red.jpg,red.jpg",
        "tee,,,Navy,T-N,9,navy.jpg,navy.jpg",
        "tee,,,,,,detail.jpg,",
        head=f"{names},Image Src,Variant Image",
    )
    assert [row.links for row in rows] == [
        *(["red.jpg", "detail.jpg"], ["navy.jpg", "detail.jpg"])
    ]


def test_a_draft_hides_all_of_its_variants(read):
    assert [row.is_hidden for row in read(first(status="draft"), size())] == [True] * 2
    assert [row.is_hidden for row in read(first(), size())] == [False] * 2


def test_a_variant_without_a_sku_is_named_by_its_handle_and_options(read):
    assert [row.sku for row in read(first(sku=""), size(sku=""))] == [
        *("gown-S-Red", "gown-M-Red")
    ]


@pytest.mark.parametrize(
    ("row", "availability", "stock"),
    [
        (first(qty="0"), "out_of_stock", 0),
        (first(qty="0", policy="continue"), "backorder", 0),
        (first(qty="-3", policy="continue"), "backorder", 0),
        (first(qty="3", policy="continue"), "in_stock", 3),
        (first(qty="-3"), "out_of_stock", 0),
        (first(qty=""), None, None),
        (first(qty="", policy="continue"), "backorder", None),
        (first(qty="0").replace(",shopify,", ",,"), "in_stock", None),
    ],
)
def test_stock_is_counted_where_shopify_counts_it(read, row, availability, stock):
    [variant] = read(row)
    assert variant.problems == []
    assert variant.values.get("availability") == availability
    assert variant.values.get("quantity") == stock


def test_a_broken_row_is_a_problem_of_its_own(read):
    rows = read(first(), "gown,too few", size())
    assert [bool(row.problems) for row in rows] == [False, True, True]
    assert "20 fields" in rows[1].problems[0].expected


@pytest.mark.parametrize(
    ("compared", "price", "sale_price"),
    [("", 5900, None), ("59.00", 5900, None), ("79.00", 7900, 5900)],
)
def test_a_price_to_compare_makes_a_sale(read, compared, price, sale_price):
    [row] = read(first() + f",{compared}", head=f"{HEAD},Variant Compare At Price")
    assert row.problems == []
    assert row.values["price_cents"] == price
    assert row.values["sale_price_cents"] == sale_price


def test_options_make_colour_and_size(read):
    [row] = read(first())
    assert (row.values["colour"], row.values["size"]) == ("Red", "S")
    assert row.values["group"] == "gown"


def test_columns_can_be_mapped(read):
    head = HEAD.replace("Variant SKU", "Variant Code")
    [row] = read(first(), head=head, mapping={"Variant Code": "id"})
    assert row.sku == "G-S"
