"""Feeds in CSV and TSV. The delimiter is detected."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from catalog.feeds.columns import (
    FeedRefused,
    Record,
    join_cells,
    list_unused,
    match_headings,
)

MAX_CHARS = 1_000_000  # per row, so that an unclosed quote does not swallow the file
csv.field_size_limit(MAX_CHARS)
DELIMITERS = "\t;,|"
_TOO_LONG = f"a row of at most {MAX_CHARS:,} characters; close open quotes"
_QUOTES = 'text in closed quotes, with quotes inside doubled: "5"" heel"'


class _RowTooLong(ValueError):
    pass


@dataclass(frozen=True)
class DelimitedFeed:
    path: Path
    encoding: str
    delimiter: str
    headings: list[str]
    columns: dict[int, str]

    @property
    def unused_headings(self) -> list[str]:
        return list_unused(self.headings, self.columns)

    def __iter__(self) -> Iterator[Record]:
        rows = _read_rows(self.path, self.encoding, self.delimiter)
        next(cells for _, cells in rows if cells)  # the headings
        for number, cells in rows:
            if isinstance(cells, str):
                yield Record(number, error=cells)
            elif any(map(str.strip, cells)):
                yield self._record(number, cells)

    def _record(self, number: int, cells: list[str]) -> Record:
        width = len(self.headings)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) != width:
            return Record(number, error=f"{width} fields; this row has {len(cells)}")
        used = [(column, cells[index]) for index, column in self.columns.items()]
        return Record(number, join_cells(used))


def find_delimiter(
    path: Path, *, encoding: str, mapping: Mapping[str, str]
) -> DelimitedFeed:
    """Return the feed, read with the delimiter that makes the most columns.

    Raises FeedRefused.
    """
    feeds = [
        DelimitedFeed(
            path, encoding, delimiter, headings, match_headings(headings, mapping)
        )
        for delimiter in DELIMITERS
        if (headings := _read_headings(path, encoding, delimiter))
    ]
    if not feeds:
        raise FeedRefused(
            f"{path} is empty, or its first row cannot be read. Write the names of the"
            " columns into the first row."
        )
    return max(feeds, key=lambda each: (len(each.columns), len(each.headings)))


def _read_headings(path: Path, encoding: str, delimiter: str) -> list[str]:
    first = next((c for _, c in _read_rows(path, encoding, delimiter) if c), [])
    return [] if isinstance(first, str) else first


def _read_rows(
    path: Path, encoding: str, delimiter: str
) -> Iterator[tuple[int, list[str] | str]]:
    """Yield number and cells of each row, or instead of cells what was expected."""
    with open_text(path, encoding) as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        number = 0
        while True:
            number += 1
            lines.begin_row()
            try:
                yield number, next(reader)
            except StopIteration:
                return
            except (csv.Error, _RowTooLong) as error:
                lines.return_row()
                yield number, _TOO_LONG if isinstance(error, _RowTooLong) else _QUOTES


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[TextIO]:
    with path.open(encoding=encoding, newline="") as file:
        try:
            first = file.readline(MAX_CHARS)
            if not re.fullmatch(r"\ufeff?sep=.\s*", first):  # a note for Excel
                file.seek(0)
            yield file
        except UnicodeError as error:
            raise FeedRefused(
                f"{path} is not in {encoding.upper()}. Name its encoding:"
                " --encoding cp1252 (Western Europe), cp1254 (Turkish), cp1251"
                " (Cyrillic), shift_jis (Japanese) or another that Python knows."
            ) from error


class _Lines:
    """The lines of a file, where all but the first line of a row can be read again.

    An unclosed quote then costs one row, not the rest of the file.
    """

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.returned: deque[str] = deque()
        self.begin_row()

    def begin_row(self) -> None:
        self.row: list[str] = []
        self.chars = 0

    def return_row(self) -> None:
        self.returned.extendleft(reversed(self.row[1:]))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.returned.popleft() if self.returned else self._read_line()
        if not line:
            raise StopIteration
        self.row.append(line)
        self.chars += len(line)
        if self.chars > MAX_CHARS:
            raise _RowTooLong
        return line

    def _read_line(self) -> str:
        line = rest = self.file.readline(MAX_CHARS + 1)
        while len(rest) > MAX_CHARS and not rest.endswith(("\r", "\n")):
            rest = self.file.readline(MAX_CHARS + 1)  # skip what is too long
        return line
