"""The report of rows that the command skips."""

import csv
from io import StringIO

import pytest
from django.core.management import call_command

from catalog.feeds import run
from catalog.feeds.tests.feed_folder import (
    COAT,
    HAT,
    colours,
    product,
)

pytestmark = pytest.mark.django_db


def test_rows_with_errors_are_reported_and_others_imported(shop, tmp_path):
    errors = tmp_path / "errors.csv"
    rows = [
        *(",No id,Coats,1,,", "B\x071,Bad id,Coats,1,,", "B2,,Coats,x,,"),
        *("B3,too few", "A1,Twice,Coats,1,,", "B4,New,,1,,", "B5,NUL\0,Coats,1,,"),
        *("B6,No photo,Coats,1,none.jpg,", HAT.replace("lime.jpg", "../x.jpg")),
    ]
    output = shop.feed(COAT, *rows, errors=errors)
    assert "2 products created" in output
    assert "8 rows skipped, 2 photos failed." in output
    with errors.open(encoding="utf-8-sig", newline="") as file:
        reported = [(r["row"], r["id"], r["problem"]) for r in csv.DictReader(file)]
    assert [(row, sku) for row, sku, _ in reported] == [
        *(("3", ""), ("4", "B\ufffd1"), ("5", "B2"), ("6", ""), ("7", "A1")),
        *(("8", "B4"), ("9", "B5"), ("10", "B6"), ("11", "A2")),
    ]
    assert "title: " in reported[2][2] and "price: " in reported[2][2]
    err = shop.err.getvalue()
    assert "Row 5 (B2): price 'x': expected a price as 19.90 EUR" in err
    assert "row 2 has this id" in err
    assert colours("A2") == ["navy"]


def test_the_file_of_problems_can_be_corrected_and_imported(shop, tmp_path):
    errors = tmp_path / "errors.csv"
    shop.feed(COAT, HAT.replace("5.00", "free"), "B,=1+1,Coats,x,,", errors=errors)
    text = errors.read_text(encoding="utf-8-sig")
    assert "'=1+1" in text
    errors.write_text(text.replace("free", "6.00").replace(",x,", ",7,"))
    call_command(
        "import_feed",
        errors,
        feed_name="spring",
        photos=shop.folder,
        archive_missing=True,
        stdout=StringIO(),
    )
    assert [product(sku).price_cents for sku in ("A1", "A2", "B")] == [1990, 600, 700]
    assert product("B").title == "=1+1"
    assert product("A1").status == "published"  # some rows are not the whole feed


def test_a_repeated_id_is_reported_across_batches(shop, monkeypatch):
    monkeypatch.setattr(run, "BATCH_ROWS", 2)
    rows = [f"A{n % 4},Coat,Coats,{n},," for n in range(6)]
    output = shop.feed(*rows)
    assert "4 products created" in output and "2 rows skipped" in output
    assert "Row 6 (A0): id 'A0': expected one row for each product; row 2 has this id"
    assert product("A0").price_cents == 0  # the first


def test_only_the_first_problems_are_printed(shop):
    shop.feed(COAT, *[f"B{n},,Coats,1,," for n in range(25)])
    lines = shop.err.getvalue().splitlines()
    assert len(lines) == 21
    assert (
        lines[-1]
        == "There are 5 more problems. Pass --errors FILE.csv to write all of them."
    )
