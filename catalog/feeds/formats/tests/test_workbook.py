"""Excel workbooks."""

import tracemalloc
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from catalog.feeds.columns import FeedRefused, Record
from catalog.feeds.formats import workbook
from catalog.feeds.formats.source import open_feed

HEAD = ["id", "title", "price"]


@pytest.fixture
def read(tmp_path: Path):
    def records(*rows: list, before: tuple[list, ...] = (), **replaced: bytes):
        path = tmp_path / "products.xlsx"
        book = Workbook()
        sheet = book.active
        for row in [*before, *rows]:
            sheet.append(row)
        book.save(path)
        if replaced:
            rewrite(path, replaced["sheet"])
        return list(open_feed(path))

    return records


def rewrite(path: Path, sheet: bytes) -> None:
    """Give the workbook the XML of a sheet that Excel would not write."""
    with ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["xl/worksheets/sheet1.xml"] = sheet
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)


def xml(rows: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return (
        f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    )


HEAD_ROW = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>price</t></is></c></row>'
)


def test_cells_are_read_as_they_are_shown(read):
    first, second = read(
        [*HEAD, "quantity", "published", "note"],
        ["A1", "Mütze", 19.9, 3, True, date(2026, 1, 2)],
        [4006381333931, "Hut", 0.1 + 0.2, 2.0, None, None],
    )
    columns = [*HEAD, "quantity", "published"]
    assert first == Record(
        2, dict(zip(columns, ["A1", "Mütze", "19.9", "3", "true"], strict=True))
    )
    assert second == Record(
        3, dict(zip(columns, ["4006381333931", "Hut", "0.3", "2", ""], strict=True))
    )


def test_leading_zeros_of_a_number_stay(tmp_path):
    book = Workbook()
    book.active.append(HEAD)
    book.active.append([42, "Hat", 5])
    book.active["A2"].number_format = "00000"
    book.save(tmp_path / "a.xlsx")
    [record] = open_feed(tmp_path / "a.xlsx")
    assert record.cells["id"] == "00042"


def test_the_sheet_that_is_a_feed_is_read(tmp_path):
    book = Workbook()
    book.active.append(["Notes for Anna"])
    sheet = book.create_sheet("Products")
    sheet.append(HEAD)
    sheet.append(["A1", "Hat", 5])
    hidden = book.create_sheet("Old")
    hidden.append([*HEAD, "brand"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    assert [record.cells["id"] for record in open_feed(tmp_path / "a.xlsx")] == ["A1"]


def test_a_formula_counts_by_its_result(read):
    rows = HEAD_ROW + (
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>A2*5</f><v>5</v></c></row>'
        '<row r="3"><c r="A3"><v>2</v></c><c r="B3"><f>A3*5</f></c></row>'
        '<row r="4"><c r="A4"><v>3</v></c><c r="B4" t="e"><v>#REF!</v></c></row>'
    )
    first, without, wrong = read(HEAD, sheet=xml(rows))
    assert first.cells == {"id": "1", "price": "5"}
    assert "formula without a result" in without.error
    assert "#REF!" in wrong.error


def test_columns_without_headings_and_values_cost_nothing(read):
    empty = "".join(f'<c r="{column}2" s="0"/>' for column in ("C", "ZZ", "XFD"))
    rows = HEAD_ROW + f'<row r="2"><c r="A2"><v>1</v></c>{empty}</row>'
    assert [record.cells["id"] for record in read(HEAD, sheet=xml(rows))] == ["1"]


def test_a_million_columns_are_refused_in_little_memory(read):
    rows = HEAD_ROW + f'<row r="2">{"<c/>" * 1_000_000}</row>'
    tracemalloc.start()
    with pytest.raises(FeedRefused, match="Delete the empty columns"):
        read(HEAD, sheet=xml(rows))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30_000_000


def test_a_bomb_is_refused_by_its_size(read, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_BYTES", 100_000)
    with pytest.raises(FeedRefused, match="MB of rows"):
        read(HEAD, sheet=xml(HEAD_ROW + "<row/>" * 50_000))


@pytest.mark.parametrize("sheet", [b"<worksheet", b"", b"\xff\xfe", b"<a/>"])
def test_a_broken_workbook_is_refused(read, sheet):
    with pytest.raises(FeedRefused, match=r"workbook|empty"):
        read(HEAD, sheet=sheet)


def test_many_columns_are_refused(read):
    wide = [f"c{number}" for number in range(workbook.MAX_COLUMNS)]
    with pytest.raises(FeedRefused, match="first row cannot be read"):
        read([*HEAD, *wide])
