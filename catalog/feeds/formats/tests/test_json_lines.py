"""Feeds in JSON lines."""

import json
from pathlib import Path

import pytest

from catalog.feeds.columns import FeedRefused
from catalog.feeds.formats.delimited import MAX_CHARS
from catalog.feeds.formats.json_lines import JsonLinesFeed
from catalog.feeds.formats.source import open_feed
from catalog.feeds.rows import read_row

COAT = {"id": "A1", "title": "Coat", "price": "19.90 EUR"}


@pytest.fixture
def feed(tmp_path: Path):
    def write(*lines: object, **options) -> JsonLinesFeed:
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path = tmp_path / "feed.jsonl"
        path.write_text("\n".join(texts) + "\n")
        opened = open_feed(path, **options)
        assert isinstance(opened, JsonLinesFeed)
        return opened

    return write


def test_each_line_is_a_product_with_columns_of_its_own(feed):
    opened = feed({**COAT, "note": 1}, "", {"sku": "A2", "quantity": 3})
    assert [(r.row, dict(r.cells)) for r in opened] == [
        (1, COAT),
        (3, {"id": "A2", "quantity": "3"}),
    ]
    assert opened.unused_headings == ["note"]


@pytest.mark.parametrize(
    ("values", "parsed"),
    [
        ('"price": 19.90', {"price_cents": 1990, "currency": "EUR"}),
        (
            '"price": {"value": "19.90", "currency": "EUR"}',
            {"price_cents": 1990, "currency": "EUR"},
        ),
        ('"quantity": 1000000000', {"quantity": 1_000_000_000}),
        ('"published": true', {"published": True}),
        ('"brand": null', {"brand": ""}),
        ('"brand": "a\\ud800b"', {"brand": "ab"}),
        (
            '"image_link": "1.jpg", "images": ["2.jpg", "3.jpg"]',
            {"photos": ["1.jpg", "2.jpg", "3.jpg"]},
        ),
    ],
)
def test_values_of_any_type_are_read(feed, values, parsed):
    [record] = feed(f'{{"id": "A1", {values}}}')
    row = read_row(record, currency="EUR")
    assert (row.problems, row.values) == ([], {"sku": "A1", **parsed})


@pytest.mark.parametrize(
    "line",
    [
        *('{"id": "B"', "[1]", "{}", "null", "plain", "[" * 100_000),
        f'{{"id": "{"B" * MAX_CHARS}"}}',
    ],
)
def test_a_broken_line_does_not_affect_others(feed, line):
    records = list(feed(COAT, line, {**COAT, "id": "A2"}))
    assert [r.cells.get("id") for r in records] == ["A1", None, "A2"]
    assert "one JSON object" in records[1].error


def test_a_feed_without_ids_is_refused(feed):
    with pytest.raises(FeedRefused, match="no column id"):
        feed({"title": "Coat"})


def test_keys_can_be_mapped(feed):
    [record] = feed(
        {"id": "A1", "Bezeichnung": "Coat"}, mapping={"bezeichnung": "name"}
    )
    assert record.cells == {"id": "A1", "title": "Coat"}
