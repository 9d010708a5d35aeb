"""Tables in the sheets of an Excel workbook, with the results of their formulas."""

import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, ClassVar
from warnings import catch_warnings, simplefilter
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from catalog.feeds.columns import FeedRefused
from catalog.feeds.formats.table import Table, TableFeed, best_table

MAX_COLUMNS = 500
MAX_ROWS = 1_048_576  # of Excel
MAX_SHEETS = 20
MAX_BYTES = 1_000_000_000  # of a sheet, uncompressed
MAX_ROW_BYTES = 2_000_000
MAX_OTHER_BYTES = 100_000_000  # of everything else, which is held in memory
_CHUNK_BYTES = 1 << 18
_FORMULA = re.compile(rb"<(\w+:)?f[ >/]")
_ROW_END = re.compile(rb"</(\w+:)?row[ >]|<(\w+:)?row[^>]*/>")
_SHEET = re.compile(r"(?i)/?xl/worksheets/")
_NO_RESULT = "a value; this cell has a formula without a result. Save the file in Excel"
_UNREADABLE = (
    *(BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError),
    *(zlib.error, NotImplementedError, RuntimeError, EOFError, AttributeError),
)


@dataclass(frozen=True)
class Sheet:
    is_trimmed: ClassVar = True
    kind: ClassVar = "Excel workbook"
    path: Path
    name: str
    has_formulas: bool

    def rows(self) -> Iterator[tuple[int, list[str] | str]]:
        results = self._cells(data_only=True)
        if not self.has_formulas:
            for number, cells in enumerate(results, 1):
                yield number, _texts(cells)
            return
        formulas = self._cells(data_only=False)
        for number, (cells, origins) in enumerate(
            zip(results, formulas, strict=True), 1
        ):
            lost = any(
                cell.value is None and origin.data_type == "f"
                for cell, origin in zip(cells, origins, strict=True)
            )
            yield number, _NO_RESULT if lost else _texts(cells)

    def _cells(self, *, data_only: bool) -> Iterator[tuple[Any, ...]]:
        with _open(self.path, data_only=data_only) as book:
            sheet = book[self.name]
            sheet.reset_dimensions()  # the file may claim any
            # Rows as wide as the widest that is looked at.
            limits = {"max_row": MAX_ROWS, "max_col": MAX_COLUMNS + 1}
            try:
                yield from sheet.iter_rows(min_row=1, min_col=1, **limits)
            except _UNREADABLE as error:
                raise FeedRefused(_broken(self.path, error)) from error


def open_workbook(path: Path, mapping: Mapping[str, str]) -> TableFeed:
    """Return the feed of the sheet with the most columns. Raises FeedRefused."""
    has_formulas = _check_sizes(path)
    with _open(path, data_only=True) as book:
        names = [sheet.title for sheet in book.worksheets if _is_shown(sheet)]
    if not 0 < len(names) <= MAX_SHEETS:
        raise FeedRefused(
            f"{path.name} has {len(names)} sheets. Use a workbook of 1 to {MAX_SHEETS}."
        )
    tables: list[Table] = [Sheet(path, name, has_formulas) for name in names]
    return best_table(tables, mapping)


def _is_shown(sheet: Any) -> bool:
    return bool(sheet.sheet_state == "visible")


def _open(path: Path, *, data_only: bool) -> Any:
    with catch_warnings():
        simplefilter("ignore")  # of styles and extensions that no feed needs
        try:
            book = load_workbook(path, read_only=True, data_only=data_only)
        except _UNREADABLE as error:
            raise FeedRefused(_broken(path, error)) from error
    return closing(book)


def _broken(path: Path, error: Exception) -> str:
    reason = " ".join(str(error).split()) or type(error).__name__
    return f"{path.name} cannot be read as an Excel workbook: {reason}. Save it again."


def _check_sizes(path: Path) -> bool:
    """Return whether any sheet has formulas; refuse what would fill the memory."""
    has_formulas = False
    try:
        with ZipFile(path) as file:
            sheets = [each for each in file.infolist() if _SHEET.match(each.filename)]
            in_sheets = sum(each.file_size for each in sheets)
            others = sum(each.file_size for each in file.infolist()) - in_sheets
            if in_sheets > MAX_BYTES or others > MAX_OTHER_BYTES:
                raise FeedRefused(
                    f"{path.name} has more than {MAX_BYTES // 10**6} MB of rows or"
                    f" {MAX_OTHER_BYTES // 10**6} MB of texts. Save the sheet as CSV."
                )
            for each in sheets:
                with file.open(each) as sheet:
                    has_formulas |= _scan_sheet(path, sheet)
    except _UNREADABLE as error:
        raise FeedRefused(_broken(path, error)) from error
    return has_formulas


def _scan_sheet(path: Path, sheet: IO[bytes]) -> bool:
    """Return whether a sheet has formulas; refuse rows that would fill the memory."""
    has_formulas = False
    row_bytes, end = 0, b""
    while chunk := sheet.read(_CHUNK_BYTES):
        text = end + chunk
        has_formulas = has_formulas or bool(_FORMULA.search(text))
        row_bytes = 0 if _ROW_END.search(text) else row_bytes + len(chunk)
        if row_bytes > MAX_ROW_BYTES:
            raise FeedRefused(
                f"{path.name} has a row of more than {MAX_ROW_BYTES // 10**6} MB."
                " Delete the empty columns, or save the sheet as CSV."
            )
        end = text[-16:]
    return has_formulas


def _texts(cells: tuple[Any, ...]) -> list[str] | str:
    if any(cell.data_type == "e" for cell in cells):
        error = next(cell.value for cell in cells if cell.data_type == "e")
        return f"a value; this row has the error {error}"
    texts = [_text(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > MAX_COLUMNS:
        return f"at most {MAX_COLUMNS} columns"
    return texts


def _text(cell: Any) -> str:
    value = cell.value
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, float):
        value = int(value) if value.is_integer() else format(value, ".15g")
    if isinstance(value, int):  # of the format 00000: with its leading zeros
        zeros = re.fullmatch("0+", cell.number_format or "")
        return str(value).zfill(len(zeros[0]) if zeros else 0)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
