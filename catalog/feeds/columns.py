"""The columns of a feed, by the names of Google Merchant Center's attributes."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

COLUMNS = (
    *("id", "title", "description", "brand", "price"),
    *("product_type", "google_product_category"),
    *("image_link", "additional_image_link", "availability", "quantity"),
)
MANY = "additional_image_link"  # may stand in several columns
ALIASES = {
    "sku": "id",
    "name": "title",
    "category": "product_type",
    "image": "image_link",
    "images": MANY,
    "additional_image_links": MANY,
    "stock": "quantity",
    "inventory": "quantity",
}


class FeedRefused(ValueError):
    """The feed cannot be imported; the message says what is expected of it."""


@dataclass(frozen=True)
class Record:
    row: int  # as a spreadsheet counts, the headings are row 1; of XML the item
    values: Mapping[str, str] = field(default_factory=dict)  # by column
    fault: str = ""  # what a row is expected to be, where this one cannot be read


class Feed(Protocol):
    """A file's records. It may be gone through several times."""

    @property
    def path(self) -> Path: ...

    @property
    def unused(self) -> list[str]:
        """Headings that mean nothing to us."""

    def __iter__(self) -> Iterator[Record]:
        """Raises FeedRefused."""


def count_rows(feed: Feed) -> int:
    """Reads all of it, so that a file that breaks off stores nothing by half.

    Raises FeedRefused.
    """
    count = sum(1 for _ in feed)
    if not count:
        raise FeedRefused(f"{feed.path} has no products, only headings.")
    return count


def key_of(heading: str) -> str:
    """`Image Link`, `g:image_link` and `image-link` are one."""
    text = unicodedata.normalize("NFC", heading.replace("\ufeff", "")).strip()
    return re.sub(r"[\s_-]+", "_", text.casefold().removeprefix("g:")).strip("_")


def assign(headings: Sequence[str], named: Mapping[str, str]) -> dict[int, str]:
    """Place of a heading -> its column: those `named` (column -> heading) first, then
    the standard names, then the aliases."""
    keys = [key_of(heading) for heading in headings]
    chosen = {key_of(heading): column for column, heading in named.items()}
    found: dict[int, str] = {}
    for place, key in enumerate(keys):
        if key in chosen:
            found[place] = chosen[key]
    for place, key in enumerate(keys):
        if key in COLUMNS and place not in found and key not in named:
            found[place] = key
    for place, key in enumerate(keys):
        column = ALIASES.get(key)
        taken = {*found.values(), *named} - {MANY}
        if column and column not in taken and place not in found:
            found[place] = column
    return dict(sorted(found.items()))


def check_columns(
    path: object, headings: Sequence[str], found: dict[int, str], named: Mapping
) -> None:
    """Raises FeedRefused."""
    listed = ", ".join(h.strip() for h in headings[:40] if h.strip()) or "none"
    for column, heading in named.items():
        if column not in found.values():
            raise FeedRefused(
                f"{path} has no column {heading} (--column {column}={heading})."
                f" Its headings: {listed}."
            )
    if "id" not in found.values():
        raise FeedRefused(
            f"{path} has no column id or sku. Its headings: {listed}."
            " Name the one that identifies a product: --column id=HEADING."
        )
    columns = [column for column in found.values() if column != MANY]
    twice = {column for column in columns if columns.count(column) > 1}
    if twice:
        raise FeedRefused(f"{path} has the column {min(twice)} more than once.")
    if columns == ["id"] and MANY not in found.values():
        raise FeedRefused(
            f"{path} has nothing but ids that can be used. Its headings: {listed}."
            " Name others like this: --column title=HEADING."
        )
