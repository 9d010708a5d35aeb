"""The rows of one product: a style in one colour, whose sizes are its variants."""

import re
from dataclasses import dataclass
from typing import Any

from catalog.feeds.fields import FIELDS, MAX_PHOTOS, PRICE_FIELDS, PRODUCT_FIELDS
from catalog.feeds.rows import ProductRow
from catalog.slugs import comparable

_BEFORE_SIZE = r"(?:[\s\-\u2013\u2014,/|:(\[]+(?:size\s+)?)"


@dataclass(frozen=True)
class RowGroup:
    """The rows of one product that can be stored, in the order of the feed."""

    rows: tuple[ProductRow, ...]
    digest: str = ""  # of the rows in the feed; empty if some of them are left out

    def __add__(self, other: "RowGroup") -> "RowGroup":
        return RowGroup(self.rows + other.rows)

    @property
    def first(self) -> ProductRow:
        return self.rows[0]

    @property
    def skus(self) -> list[str]:
        return [row.sku for row in self.rows]

    @property
    def group(self) -> str:
        return self.first.values.get("group", "")

    @property
    def colour(self) -> str:
        return self.first.values.get("colour", "")

    def missing(self, category: str) -> list[str]:
        """Return the columns that a new product lacks, in this category if none."""
        present = {name for row in self.rows for name in row.values}
        present |= {"category"} if category else set()
        required = [each for each in FIELDS if each.required]
        return [each.column for each in required if each.targets[0] not in present]

    @property
    def category(self) -> str:
        return next((row.category for row in self.rows if row.category), "")

    @property
    def links(self) -> list[str]:
        """Return the photos of all sizes, each once."""
        links = dict.fromkeys(link for row in self.rows for link in row.links)
        return list(links)[:MAX_PHOTOS]

    @property
    def is_hidden(self) -> bool:
        return all(row.is_hidden for row in self.rows)

    @property
    def leaves_visibility(self) -> bool:
        return all(row.leaves_visibility for row in self.rows)

    def product_values(self) -> dict[str, Any]:
        """Return values for fields of Product; the category is missing."""
        values: dict[str, Any] = {}
        for row in reversed(self.rows):  # the first that gives a value wins
            given = {n: row.values[n] for n in PRODUCT_FIELDS if n in row.values}
            values |= {n: v for n, v in given.items() if v or n not in values}
        values |= {n: self.price[n] for n in PRICE_FIELDS if n in self.price}
        if title := self._title():
            values["title"] = title
        return values

    @property
    def price(self) -> dict[str, Any]:
        """Return the values of the cheapest row."""
        rows = [row.values for row in self.rows]
        priced = [values for values in rows if "price_cents" in values]
        reduced = [values for values in rows if "sale_price_cents" in values]
        return min(priced or reduced[:1], key=_lowest_cents, default={})

    def _title(self) -> str:
        rows = [row for row in self.rows if row.values.get("title")]
        if not self.group or not rows:
            return ""
        titles = [_without_size(row.values["title"], row.values) for row in rows]
        if len({comparable(title) for title in titles}) == 1:
            return titles[0]
        common = _common_words(titles)
        # What differs is the end: a size that no column names.
        whole = rows[0].values["title"]
        return common if len(common.split()) > 1 else whole


def _lowest_cents(values: dict[str, Any]) -> int:
    sale = values.get("sale_price_cents")
    price: int = values.get("price_cents", 0)
    return price if sale is None else min(sale, price)


def _without_size(title: str, values: dict[str, Any]) -> str:
    if not (size := values.get("size")):
        return title
    end = rf"{_BEFORE_SIZE}{re.escape(size)}[\s)\]]*"
    return re.sub(rf"(?i)(?<=\w){end}\Z", "", title)


def _common_words(titles: list[str]) -> str:
    words: list[str] = []
    for same in zip(*(title.split() for title in titles), strict=False):
        if len(set(same)) > 1:
            break
        words.append(same[0])
    return " ".join(words).rstrip(" -\u2013\u2014,/|:([")
