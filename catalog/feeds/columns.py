"""The columns of a feed's file, matched with the fields by their headings."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from catalog.feeds.fields import ALIASES, COLUMNS, ID_COLUMN, REPEATABLE
from catalog.slugs import comparable


class FeedRefused(ValueError):
    """The feed cannot be imported; the message says why and what to do."""


@dataclass(frozen=True)
class Record:
    row: int  # in a spreadsheet, where the headings are row 1; in XML, the item
    cells: Mapping[str, str] = field(default_factory=dict)  # by column
    error: str = ""  # what was expected, if the row cannot be read
    same_as: int = 0  # an earlier row with the same id


@dataclass(frozen=True)
class Preview:
    """The beginning of a feed as it stands in the file."""

    headings: list[str]
    columns: list[str]  # of each heading; empty if it is not used
    rows: list[list[str]]


class Feed(Protocol):
    """The records of a file. They can be read several times."""

    @property
    def kind(self) -> str:
        """Return the name of the format."""

    @property
    def path(self) -> Path: ...

    def preview(self, count: int) -> Preview:
        """Return the first rows, with their headings."""

    @property
    def unused_headings(self) -> list[str]: ...

    def __iter__(self) -> Iterator[Record]:
        """Yield the records; raise FeedRefused if the file breaks off."""


def normalize_heading(heading: str) -> str:
    """Return the same text for `Image Link`, `g:image_link` and `image-link`."""
    text = comparable(heading).removeprefix("g:")
    return re.sub(r"[\s_-]+", "_", text).strip("_?:*")


def match_headings(
    headings: Sequence[str], mapping: Mapping[str, str]
) -> dict[int, str]:
    """Return the column for each index of a heading that is used.

    The mapping (heading -> column, or nothing) goes first, then the columns' names,
    then aliases.
    """
    keys = [normalize_heading(heading) for heading in headings]
    mapped = {normalize_heading(heading): column for heading, column in mapping.items()}
    columns = {i: mapped[key] for i, key in enumerate(keys) if key in mapped}
    for index, key in enumerate(keys):
        if key in COLUMNS and index not in columns and key not in mapped.values():
            columns[index] = key
    for index, key in enumerate(keys):
        column = ALIASES.get(key)
        taken = {*columns.values(), *mapped.values()} - REPEATABLE
        if column and column not in taken and index not in columns:
            columns[index] = column
    return {index: column for index, column in sorted(columns.items()) if column}


def list_unused(headings: Sequence[str], columns: Mapping[int, str]) -> list[str]:
    unused = [each for index, each in enumerate(headings) if index not in columns]
    return [heading.strip() for heading in unused if heading.strip()]


def check_headings(
    path: Path,
    headings: Sequence[str],
    columns: Mapping[int, str],
    mapping: Mapping[str, str],
) -> None:
    listed = ", ".join(h.strip() for h in headings[:40] if h.strip()) or "none"
    for heading, column in mapping.items():
        if column and ALIASES.get(column, column) not in columns.values():
            raise FeedRefused(
                f"{path.name} has no column {heading} (--column {column}={heading})."
                f" Its headings: {listed}."
            )
    if ID_COLUMN not in columns.values():
        raise FeedRefused(
            f"{path.name} has no column id or sku. Its headings: {listed}."
            " Name the column that identifies a product: --column id=HEADING."
        )
    single = [column for column in columns.values() if column not in REPEATABLE]
    repeated = {column for column in single if single.count(column) > 1}
    if repeated:
        raise FeedRefused(
            f"{path.name} has the column {min(repeated)} more than once. Remove the"
            " others."
        )
    if set(columns.values()) == {ID_COLUMN}:
        raise FeedRefused(
            f"{path.name} has an id column, but no other column that can be used. Its"
            f" headings: {listed}. Map them to columns: --column title=HEADING."
        )


def read_item(
    number: int, item: Sequence[tuple[str, str]], mapping: Mapping[str, str]
) -> Record:
    """Return the record of an item that names its own columns."""
    columns = match_headings([name for name, _ in item], mapping)
    used = [(column, item[index][1]) for index, column in columns.items()]
    return Record(number, join_cells(used))


def preview_items(
    items: Iterable[Sequence[tuple[str, str]]], mapping: Mapping[str, str]
) -> Preview:
    """Return items that name their own columns as rows of a table."""
    listed = [dict(item) for item in items]
    headings = list(dict.fromkeys(name for item in listed for name in item))
    columns = match_headings(headings, mapping)
    return Preview(
        headings,
        [columns.get(index, "") for index in range(len(headings))],
        [[item.get(name, "") for name in headings] for item in listed],
    )


def join_cells(cells: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the cells by column; those of a repeatable column are joined by commas."""
    joined: dict[str, str] = {}
    for column, cell in cells:
        if column in REPEATABLE and joined.get(column):
            joined[column] += f",{cell}" if cell else ""
        else:
            joined[column] = cell
    return joined
