"""Feeds in JSON lines: one object a line, its keys are the columns."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from catalog.feeds.columns import (
    FeedRefused,
    Preview,
    Record,
    list_unused,
    match_headings,
    preview_items,
    read_item,
)
from catalog.feeds.formats.delimited import MAX_CHARS, open_text

_EXPECTED = f"one JSON object of at most {MAX_CHARS:,} characters on each line"


@dataclass(frozen=True)
class JsonLinesFeed:
    kind: ClassVar = "JSON lines"
    path: Path
    encoding: str
    mapping: Mapping[str, str]

    @property
    def unused_headings(self) -> list[str]:
        names = list(next(filter(None, self._objects()), {}))
        return list_unused(names, match_headings(names, self.mapping))

    def __iter__(self) -> Iterator[Record]:
        for number, item in enumerate(self._objects(), 1):
            if item is None:
                yield Record(number, error=_EXPECTED)
            elif item:
                yield read_item(number, _texts(item), self.mapping)

    def preview(self, count: int) -> Preview:
        items = islice(filter(None, self._objects()), count)
        return preview_items(map(_texts, items), self.mapping)

    def check(self) -> None:
        """Raise FeedRefused if there is no object."""
        if next(filter(None, self._objects()), None) is None:
            raise FeedRefused(f"{self.path.name} has no products. Write {_EXPECTED}.")

    def _objects(self) -> Iterator[dict[str, Any] | None]:
        """Yield the object of each line: {} if it is empty, None if it is broken."""
        with open_text(self.path, self.encoding) as file:
            while line := file.readline(MAX_CHARS + 1):
                too_long = len(line) > MAX_CHARS
                while len(line) > MAX_CHARS and not line.endswith("\n"):
                    line = file.readline(MAX_CHARS + 1)
                yield None if too_long else _parse(line)


def open_json_lines(
    path: Path, *, encoding: str, mapping: Mapping[str, str]
) -> JsonLinesFeed:
    """Return the feed. Raises FeedRefused."""
    feed = JsonLinesFeed(path, encoding, mapping)
    feed.check()
    return feed


def _parse(line: str) -> dict[str, Any] | None:
    if not line.strip():
        return {}
    try:  # numbers stay as they are written: 19.90
        item = json.loads(line, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    return item if isinstance(item, dict) and item else None


def _texts(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, _text(value)) for name, value in item.items()]


def _text(value: Any) -> str:
    if isinstance(value, dict):  # {"value": "19.90", "currency": "EUR"}
        return " ".join(_text(each) for each in value.values())
    if isinstance(value, list):
        return ",".join(_text(each) for each in value)
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    # JSON may escape halves of characters, which are no text.
    return str(value).encode(errors="ignore").decode()
