"""Feeds in Google's XML: RSS 2.0 or Atom, with attributes in the namespace g:.

Read piece by piece. A DOCTYPE is refused before it is read, and with it every entity of
its own; nothing else is ever opened.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import ParseError, XMLParser

from catalog.feeds.columns import (
    MANY,
    FeedRefused,
    Record,
    assign,
    check_columns,
    key_of,
)
from catalog.feeds.delimited import MOST_CHARS

_GOOGLE = "http://base.google.com/ns/1.0"
_ITEMS = {"item", "entry"}
_PIECE = 65536
_MOST_ELEMENTS = 500  # of an item
Item = list[tuple[str, str]]  # names and texts, those of g: first


@dataclass(frozen=True)
class Markup:
    path: Path
    encoding: str | None  # None: as the file says
    named: Mapping[str, str]

    @property
    def unused(self) -> list[str]:
        """Of the first product."""
        names = [name for name, _ in next(self._items(), [])]
        used = assign(names, self.named)
        return [name for place, name in enumerate(names) if place not in used]

    def __iter__(self) -> Iterator[Record]:
        for number, item in enumerate(self._items(), 1):
            if sum(len(text) for _, text in item) > MOST_CHARS:
                yield Record(number, fault=f"at most {MOST_CHARS:,} characters")
            else:
                yield Record(number, self._values(item))

    def _values(self, item: Item) -> dict[str, str]:
        values: dict[str, str] = {}
        for place, column in assign([name for name, _ in item], self.named).items():
            text = item[place][1]
            if column == MANY and text and values.get(column):
                values[column] += f",{text}"
            else:
                values[column] = text
        return values

    def _items(self) -> Iterator[Item]:
        items = _Items()
        parser = XMLParser(target=items, encoding=self.encoding)
        with self.path.open("rb") as file:
            try:
                while piece := file.read(_PIECE):
                    parser.feed(piece)
                    yield from items.take()
                parser.close()
            except ParseError as error:
                raise FeedRefused(f"{self.path} is broken XML: {error}.") from error
            except LookupError as error:
                raise FeedRefused(f"{self.path} cannot be read: {error}.") from error
        yield from items.take()


def open_markup(
    path: Path, *, encoding: str | None, named: Mapping[str, str]
) -> Markup:
    """Raises FeedRefused."""
    feed = Markup(path, encoding, named)
    first = next(feed._items(), None)
    if first is None:
        raise FeedRefused(
            f"{path} has no products. Expected CSV, TSV, or Google's XML with item or"
            " entry elements."
        )
    names = [name for name, _ in first]
    check_columns(path, names, assign(names, named), named)
    return feed


class _Items:
    """What the parser tells of a file, put together to items."""

    def __init__(self) -> None:
        self.done: list[Item] = []
        self.path: list[str] = []  # the elements open, from an item on
        self.texts: list[str] = []
        self.found: Item = []

    def take(self) -> list[Item]:
        done, self.done = self.done, []
        return done

    def doctype(self, *args: object) -> None:
        raise FeedRefused("This XML has a DOCTYPE, which no feed needs. Leave it out.")

    def start(self, tag: str, attributes: object) -> None:
        if self.path or tag.rpartition("}")[2] in _ITEMS:
            self.path.append(tag)
        if len(self.path) == 2:
            self.texts, self.chars = [], 0

    def data(self, text: str) -> None:
        if len(self.path) == 2 and self.chars <= MOST_CHARS:
            self.texts.append(text)
            self.chars += len(text)

    def end(self, tag: str) -> None:
        if len(self.path) == 2 and len(self.found) < _MOST_ELEMENTS:
            self.found.append((tag, "".join(self.texts)))
        elif len(self.path) == 1:
            self.done.append(_by_name(self.found))
            self.found = []
        if self.path:
            self.path.pop()

    def close(self) -> None:
        """The parser asks for it."""


def _by_name(found: Item) -> Item:
    """Without namespaces. Only additional photos may stand there more than once; of
    others the first is taken, and what is Google's before what is RSS's."""
    sides: tuple[Item, Item] = ([], [])
    for tag, text in found:
        sides[not tag.startswith(f"{{{_GOOGLE}}}")].append((tag, text))
    item: Item = []
    seen: set[str] = set()
    for tag, text in sides[0] + sides[1]:
        name = tag.rpartition("}")[2]
        if key_of(name) not in seen - {MANY}:
            item.append((name, text))
        seen.add(key_of(name))
    return item
