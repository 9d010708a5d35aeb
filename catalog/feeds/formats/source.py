"""A feed's file: its format and encoding."""

import codecs
import re
from collections.abc import Mapping
from pathlib import Path

from catalog.feeds.columns import Feed, FeedRefused, check_headings
from catalog.feeds.fields import ALIASES, COLUMNS
from catalog.feeds.formats.delimited import open_delimited
from catalog.feeds.formats.encodings import find_encoding
from catalog.feeds.formats.google_xml import open_xml
from catalog.feeds.formats.json_lines import open_json_lines
from catalog.feeds.formats.shopify import is_shopify, open_shopify
from catalog.feeds.formats.table import TableFeed
from catalog.feeds.formats.woocommerce import is_woocommerce, open_woocommerce
from catalog.feeds.formats.workbook import open_workbook

_HEAD_BYTES = 4096
_ZIP = b"PK\x03\x04"
_OTHER_FORMATS = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "compressed",
    b"%PDF": "a PDF",
}


def open_feed(
    path: Path, *, encoding: str = "", mapping: Mapping[str, str] | None = None
) -> Feed:
    """Return the feed in a file; `mapping` is heading -> column, or nothing.

    Raises FeedRefused, also if columns are missing, and OSError.
    """
    feed = recognise_feed(path, encoding=encoding, mapping=mapping)
    preview = feed.preview(1)
    columns = {index: name for index, name in enumerate(preview.columns) if name}
    check_headings(path, preview.headings, columns, mapping or {})
    return feed


def recognise_feed(
    path: Path, *, encoding: str = "", mapping: Mapping[str, str] | None = None
) -> Feed:
    """Return the feed in a file, whatever its columns are.

    Raises FeedRefused and OSError.
    """
    mapping = {h: ALIASES.get(column, column) for h, column in (mapping or {}).items()}
    for column in {*mapping.values()} - {*COLUMNS, ""}:
        raise FeedRefused(
            f"There is no column {column} (--column {column}=...). Choose one of"
            f" {', '.join(COLUMNS)}."
        )
    head = _read_head(path)
    if head.startswith(_ZIP):
        return _interpret(open_workbook(path, mapping), mapping)
    detected, is_named = find_encoding(path, head, encoding)
    start = head.decode(detected, "ignore").lstrip("\ufeff \t\r\n")[:1]
    if start == "{":
        return open_json_lines(path, encoding=detected, mapping=mapping)
    if start == "<":
        return open_xml(path, encoding=encoding or None, mapping=mapping)
    if not is_named and _is_binary(head):
        raise FeedRefused(
            f"{path.name} is not a text file. Use CSV, TSV, JSON lines or Google's XML."
            " If it is UTF-16 without a byte order mark, pass --encoding utf-16-le."
        )
    return _interpret(open_delimited(path, detected, mapping), mapping)


def _interpret(feed: TableFeed, mapping: Mapping[str, str]) -> Feed:
    if is_shopify(feed.headings):
        return open_shopify(feed, mapping)
    if is_woocommerce(feed.headings):
        return open_woocommerce(feed, mapping)
    return feed


def _read_head(path: Path) -> bytes:
    if path.is_dir():
        raise FeedRefused(f"{path.name} is a folder. Name the file of the feed.")
    if not path.exists():
        raise FeedRefused(f"There is no file {path.name}. Check its name.")
    if not path.is_file():
        raise FeedRefused(
            f"{path.name} is not an ordinary file. Name the file of the feed."
        )
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip():
        raise FeedRefused(f"{path.name} is empty. Export the feed again.")
    if re.match(rb"\s*<(!doctype html|html|head|body)\b", head, re.IGNORECASE):
        raise FeedRefused(
            f"{path.name} is a web page instead of a feed. Check the address; the page"
            " may ask for a login."
        )
    for magic, kind in _OTHER_FORMATS.items():
        if head.startswith(magic):
            raise FeedRefused(f"{path.name} is {kind}. Save the feed as CSV or XLSX.")
    return head


def _is_binary(head: bytes) -> bool:
    # A NUL after the first line of a text file is an error of its row alone.
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return b"\0" in head
    return b"\0" in head.split(b"\n", 1)[0]
