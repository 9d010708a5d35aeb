"""Tables in CSV and TSV. The delimiter is detected."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TextIO

from catalog.feeds.columns import FeedRefused
from catalog.feeds.formats.table import TableFeed, best_table

MAX_CHARS = 1_000_000  # per row, so that an unclosed quote does not swallow the file
csv.field_size_limit(MAX_CHARS)
DELIMITERS = "\t;,|"
_TOO_LONG = f"a row of at most {MAX_CHARS:,} characters; close open quotes"
_QUOTES = 'text in closed quotes, with quotes inside doubled: "5"" heel"'


class _RowTooLong(ValueError):
    pass


@dataclass(frozen=True)
class DelimitedTable:
    is_trimmed: ClassVar = False
    kind: ClassVar = "CSV or TSV"
    path: Path
    encoding: str
    delimiter: str

    def rows(self) -> Iterator[tuple[int, list[str] | str]]:
        with open_text(self.path, self.encoding) as file:
            lines = _Lines(file)
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
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
                    too_long = isinstance(error, _RowTooLong)
                    yield number, _TOO_LONG if too_long else _QUOTES


def open_delimited(path: Path, encoding: str, mapping: Mapping[str, str]) -> TableFeed:
    """Return the feed, read with the delimiter that makes the most columns.

    Raises FeedRefused.
    """
    tables = [DelimitedTable(path, encoding, delimiter) for delimiter in DELIMITERS]
    return best_table(tables, mapping)


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
                f"{path.name} is not in {encoding.upper()}. Name its encoding:"
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
