"""Feeds whose first row has the headings, from whatever file the rows come."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar, Protocol

from catalog.feeds.columns import (
    FeedRefused,
    Preview,
    Record,
    join_cells,
    list_unused,
    match_headings,
)


class Table(Protocol):
    """The rows of a file. They can be read several times."""

    # Whether rows lack their last cells where these are empty.
    is_trimmed: ClassVar[bool]
    kind: ClassVar[str]

    @property
    def path(self) -> Path: ...

    def rows(self) -> Iterator[tuple[int, list[str] | str]]:
        """Yield number and cells of each row, or instead of cells what was expected."""


@dataclass(frozen=True)
class TableFeed:
    table: Table
    headings: list[str]
    columns: dict[int, str]

    @property
    def path(self) -> Path:
        return self.table.path

    @property
    def kind(self) -> str:
        return self.table.kind

    @property
    def unused_headings(self) -> list[str]:
        return list_unused(self.headings, self.columns)

    def preview(self, count: int) -> Preview:
        rows = (cells for _, cells in self.table.rows() if isinstance(cells, list))
        filled = filter(any, rows)
        next(filled)  # the headings
        columns = [self.columns.get(n, "") for n in range(len(self.headings))]
        return Preview(self.headings, columns, list(islice(filled, count)))

    def __iter__(self) -> Iterator[Record]:
        rows = self.table.rows()
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
        if self.table.is_trimmed:
            cells += [""] * (width - len(cells))
        if len(cells) != width:
            return Record(number, error=f"{width} fields; this row has {len(cells)}")
        used = [(column, cells[index]) for index, column in self.columns.items()]
        return Record(number, join_cells(used))


def best_table(tables: Sequence[Table], mapping: Mapping[str, str]) -> TableFeed:
    """Return the feed of the table with the most columns. Raises FeedRefused."""
    feeds = [
        TableFeed(table, headings, match_headings(headings, mapping))
        for table in tables
        if (headings := _read_headings(table))
    ]
    if not feeds:
        raise FeedRefused(
            f"{tables[0].path} is empty, or its first row cannot be read. Write the"
            " names of the columns into the first row."
        )
    return max(feeds, key=lambda each: (len(each.columns), len(each.headings)))


def _read_headings(table: Table) -> list[str]:
    first = next((cells for _, cells in table.rows() if cells), [])
    return [] if isinstance(first, str) else first


@dataclass(frozen=True)
class ShopExport:
    """The export of a shop system: several of its rows may make one record."""

    rows: TableFeed

    @property
    def path(self) -> Path:
        return self.rows.path

    @property
    def unused_headings(self) -> list[str]:
        return self.rows.unused_headings

    def preview(self, count: int) -> Preview:
        return self.rows.preview(count)
