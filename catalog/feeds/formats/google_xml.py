"""Feeds in Google's XML: RSS 2.0 or Atom, with attributes in the namespace g:.

The parser reads in chunks and refuses a DOCTYPE, so entities are never expanded and no
other file is ever opened.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar
from xml.etree.ElementTree import ParseError, XMLParser

from catalog.feeds.columns import (
    FeedRefused,
    Preview,
    Record,
    list_unused,
    match_headings,
    normalize_heading,
    preview_items,
    read_item,
)
from catalog.feeds.fields import REPEATABLE
from catalog.feeds.formats.delimited import MAX_CHARS

_GOOGLE = "http://base.google.com/ns/1.0"
_ITEM_TAGS = {"item", "entry"}
_CHUNK_BYTES = 65536
_MAX_ELEMENTS = 500  # per item
Item = list[tuple[str, str]]  # names and texts, those of g: first


@dataclass(frozen=True)
class XmlFeed:
    kind: ClassVar = "Google's XML"
    path: Path
    encoding: str | None  # None: the one that the file declares
    mapping: Mapping[str, str]

    @property
    def unused_headings(self) -> list[str]:
        names = [name for name, _ in next(self.items(), [])]
        return list_unused(names, match_headings(names, self.mapping))

    def preview(self, count: int) -> Preview:
        return preview_items(islice(self.items(), count), self.mapping)

    def __iter__(self) -> Iterator[Record]:
        for number, item in enumerate(self.items(), 1):
            if sum(len(text) for _, text in item) > MAX_CHARS:
                yield Record(number, error=f"at most {MAX_CHARS:,} characters")
            else:
                yield read_item(number, item, self.mapping)

    def items(self) -> Iterator[Item]:
        builder = _ItemBuilder()
        parser = XMLParser(target=builder, encoding=self.encoding)
        with self.path.open("rb") as file:
            try:
                while chunk := file.read(_CHUNK_BYTES):
                    parser.feed(chunk)
                    yield from builder.take_items()
                parser.close()
            except ParseError as error:
                raise FeedRefused(
                    f"{self.path.name} is broken XML: {error}. Export it again."
                ) from error
            except LookupError as error:
                raise FeedRefused(
                    f"{self.path.name} cannot be read: {error}. Name its encoding with"
                    " --encoding."
                ) from error
        yield from builder.take_items()


def open_xml(
    path: Path, *, encoding: str | None, mapping: Mapping[str, str]
) -> XmlFeed:
    feed = XmlFeed(path, encoding, mapping)
    if next(feed.items(), None) is None:
        raise FeedRefused(
            f"{path.name} has no products. Use CSV, TSV, or Google's XML with item or"
            " entry elements."
        )
    return feed


class _ItemBuilder:
    """The target of the parser. It collects an item's direct children only."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.open_tags: list[str] = []  # from the item on
        self.texts: list[str] = []
        self.elements: Item = []

    def take_items(self) -> list[Item]:
        items, self.items = self.items, []
        return items

    def doctype(self, *args: object) -> None:
        raise FeedRefused("This XML has a DOCTYPE, which no feed needs. Remove it.")

    def start(self, tag: str, attributes: object) -> None:
        if self.open_tags or tag.rpartition("}")[2] in _ITEM_TAGS:
            self.open_tags.append(tag)
        if len(self.open_tags) == 2:
            self.texts, self.chars = [], 0

    def data(self, text: str) -> None:
        if len(self.open_tags) == 2 and self.chars <= MAX_CHARS:
            self.texts.append(text)
            self.chars += len(text)

    def end(self, tag: str) -> None:
        if len(self.open_tags) == 2 and len(self.elements) < _MAX_ELEMENTS:
            self.elements.append((tag, "".join(self.texts)))
        elif len(self.open_tags) == 1:
            self.items.append(_without_namespaces(self.elements))
            self.elements = []
        if self.open_tags:
            self.open_tags.pop()

    def close(self) -> None:
        """Do nothing; the parser calls it."""


def _without_namespaces(elements: Item) -> Item:
    """Return Google's elements before others, each name once unless it may repeat."""
    google = [each for each in elements if each[0].startswith(f"{{{_GOOGLE}}}")]
    others = [each for each in elements if not each[0].startswith(f"{{{_GOOGLE}}}")]
    item: Item = []
    seen: set[str] = set()
    for tag, text in google + others:
        name = tag.rpartition("}")[2]
        if normalize_heading(name) not in seen - REPEATABLE:
            item.append((name, text))
        seen.add(normalize_heading(name))
    return item
