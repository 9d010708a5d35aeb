"""Feeds in CSV and TSV, with the separator and the encoding found out."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from catalog.feeds.columns import (
    MANY,
    FeedRefused,
    Record,
    assign,
    check_columns,
)

MOST_CHARS = 100_000  # of a row, so that a quote not closed does not take the file
DELIMITERS = "\t;,|"
_TOO_LONG = f"a row of at most {MOST_CHARS:,} characters: is a quote not closed?"
_QUOTES = 'text in quotes that are closed, with quotes inside doubled: "5"" heel"'


class _TooLong(ValueError):
    pass


@dataclass(frozen=True)
class Table:
    path: Path
    encoding: str
    delimiter: str
    headings: list[str]
    places: dict[int, str]

    @property
    def unused(self) -> list[str]:
        rest = [h for n, h in enumerate(self.headings) if n not in self.places]
        return [heading.strip() for heading in rest if heading.strip()]

    def __iter__(self) -> Iterator[Record]:
        rows = _rows(self.path, self.encoding, self.delimiter)
        next(cells for _, cells in rows if cells)  # the headings
        for number, cells in rows:
            if isinstance(cells, str):
                yield Record(number, fault=cells)
            elif any(map(str.strip, cells)):
                yield self._record(number, cells)

    def _record(self, number: int, cells: list[str]) -> Record:
        width = len(self.headings)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) != width:
            return Record(number, fault=f"{width} fields; this row has {len(cells)}")
        values: dict[str, str] = {}
        for place, column in self.places.items():
            if column == MANY and values.get(column):
                values[column] += f",{cells[place]}" if cells[place] else ""
            else:
                values[column] = cells[place]
        return Record(number, values)


def open_table(path: Path, *, encoding: str, named: Mapping[str, str]) -> Table:
    """Raises FeedRefused."""
    found = [
        Table(path, encoding, delimiter, headings, assign(headings, named))
        for delimiter in DELIMITERS
        if (headings := _headings(path, encoding, delimiter))
    ]
    if not found:
        raise FeedRefused(f"{path} is empty, or its first row cannot be read.")
    table = max(found, key=lambda each: (len(each.places), len(each.headings)))
    check_columns(path, table.headings, table.places, named)
    return table


def _headings(path: Path, encoding: str, delimiter: str) -> list[str]:
    first = next((c for _, c in _rows(path, encoding, delimiter) if c), [])
    return [] if isinstance(first, str) else first


def _rows(
    path: Path, encoding: str, delimiter: str
) -> Iterator[tuple[int, list[str] | str]]:
    """Number and cells of each row, empty ones too; a text says what is wrong."""
    with _decoded(path, encoding) as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        number = 0
        while True:
            number += 1
            lines.begin()
            try:
                yield number, next(reader)
            except StopIteration:
                return
            except (csv.Error, _TooLong) as error:
                lines.take_back()
                yield number, _TOO_LONG if isinstance(error, _TooLong) else _QUOTES


@contextmanager
def _decoded(path: Path, encoding: str) -> Iterator[TextIO]:
    with path.open(encoding=encoding, newline="") as file:
        try:
            first = file.readline(MOST_CHARS)
            if not re.fullmatch(r"\ufeff?sep=.\s*", first):  # a note for Excel
                file.seek(0)
            yield file
        except UnicodeError as error:
            raise FeedRefused(
                f"{path} is not {encoding.upper()} all through. Name its encoding:"
                " --encoding cp1252 (Western Europe), cp1254 (Turkish), cp1251"
                " (Cyrillic), shift_jis (Japanese) or another that Python knows."
            ) from error


class _Lines:
    """The lines of a file. Those after the first of a row that turned out to be none
    can be taken back: one quote too many then costs one row."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.again: deque[str] = deque()
        self.begin()

    def begin(self) -> None:
        self.row: list[str] = []
        self.chars = 0

    def take_back(self) -> None:
        self.again.extendleft(reversed(self.row[1:]))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else self._next_line()
        if not line:
            raise StopIteration
        self.row.append(line)
        self.chars += len(line)
        if self.chars > MOST_CHARS:
            raise _TooLong
        return line

    def _next_line(self) -> str:
        line = rest = self.file.readline(MOST_CHARS + 1)
        while len(rest) > MOST_CHARS and not rest.endswith(("\r", "\n")):
            rest = self.file.readline(MOST_CHARS + 1)
        return line
