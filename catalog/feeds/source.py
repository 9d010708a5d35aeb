"""From a file to a feed: is it one, and of which kind."""

import codecs
from collections.abc import Mapping
from pathlib import Path

from catalog.feeds.columns import ALIASES, COLUMNS, Feed, FeedRefused
from catalog.feeds.delimited import open_table
from catalog.feeds.google_xml import open_markup

_HEAD = 4096
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "compressed",
    b"%PDF": "a PDF",
}


def open_feed(
    path: Path, *, encoding: str = "", named: Mapping[str, str] | None = None
) -> Feed:
    """`named`: column -> heading. Raises FeedRefused, OSError."""
    named = {ALIASES.get(column, column): h for column, h in (named or {}).items()}
    for column in named.keys() - set(COLUMNS):
        raise FeedRefused(f"--column {column}=...: choose {', '.join(COLUMNS)}.")
    head = _head(path)
    if encoding:
        _ensure_encoding(encoding)
    boms = [name for bom, name in _BOMS.items() if head.startswith(bom)]
    meant = encoding or (boms[0] if boms else "utf-8")
    if head.decode(meant, "ignore").lstrip("\ufeff \t\r\n").startswith("<"):
        return open_markup(path, encoding=encoding or None, named=named)
    if not encoding and not boms and _is_binary(head):
        raise FeedRefused(
            f"{path} is no text file. Expected CSV, TSV or Google's XML; where it is"
            " UTF-16 without a mark at its beginning: --encoding utf-16-le."
        )
    return open_table(path, encoding=meant, named=named)


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise FeedRefused(f"{path} is a folder; name the feed's file.")
    if not path.exists():
        raise FeedRefused(f"There is no file {path}.")
    if not path.is_file():
        raise FeedRefused(f"{path} is not an ordinary file.")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise FeedRefused(f"{path} is empty.")
    for magic, kind in _FOREIGN.items():
        if head.startswith(magic):
            raise FeedRefused(f"{path} is {kind}. Save the feed as CSV or TSV.")
    return head


def _is_binary(head: bytes) -> bool:
    """A NUL further down, in what is text otherwise, costs its row alone."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return b"\0" in head
    return b"\0" in head.split(b"\n", 1)[0]


def _ensure_encoding(encoding: str) -> None:
    try:
        "".encode(encoding)
    except LookupError:
        raise FeedRefused(
            f"--encoding {encoding}: Python knows none of this name. Try utf-8,"
            " utf-16, cp1252, cp1254, cp1251 or shift_jis."
        ) from None
