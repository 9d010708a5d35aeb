"""WooCommerce's product export, in which variations inherit from their Parent."""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import ClassVar

from catalog.feeds.columns import Record, match_headings, normalize_heading
from catalog.feeds.formats.table import ShopExport, TableFeed
from catalog.feeds.formats.variant_options import split_options
from catalog.feeds.formats.woocommerce_headings import in_english
from catalog.feeds.parsers import split_links

_TYPE, _ID, _PARENT = "woo type", "woo id", "woo parent"
_SHORT = "woo short description"
_STARTS, _ENDS = "woo sale starts", "woo sale ends"
_BACKORDERS = "woo backorders"
# Normalised heading -> column.
_COLUMNS = {
    "sku": "id",
    "regular_price": "price",
    "categories": "product_type",
    "images": "additional_image_link",
    "stock": "quantity",
    "brands": "brand",
    "external_url": "link",
    "gtin,_upc,_ean,_or_isbn": "gtin",
}
# Columns that only this format reads.
_OWN_COLUMNS = {
    "type": _TYPE,
    "id": _ID,
    "parent": _PARENT,
    "short_description": _SHORT,
    "date_sale_price_starts": _STARTS,
    "date_sale_price_ends": _ENDS,
    "backorders_allowed": _BACKORDERS,
}
_ATTRIBUTE = re.compile(r"attribute_([0-9]+)_(name|value\(s\))")
# Cells of a variation that are not its parent's where they are empty.
_OF_VARIATION = {
    *("id", "price", "sale_price", "quantity", "availability", "gtin", "published"),
    *(_TYPE, _ID, _PARENT, _STARTS, _ENDS, _BACKORDERS),
}
_OF_PARENT = {"title", "description", _SHORT, "visibility"}
_NOT_SOLD = {"variable", "grouped"}


def is_woocommerce(headings: Iterable[str]) -> bool:
    keys = {normalize_heading(heading) for heading in in_english(headings)}
    return {"type", "sku", "name", "regular_price"} <= keys


@dataclass(frozen=True)
class WooCommerceFeed(ShopExport):
    kind: ClassVar = "product export of WooCommerce"

    def __iter__(self) -> Iterator[Record]:
        with closing(sqlite3.connect("")) as file:
            parents = _Parents(file)
            parents.add_all(self.rows)
            for record in self.rows:
                cells = record.cells
                kind = cells.get(_TYPE, "").strip().lower()
                if record.error:
                    yield record
                elif kind.startswith("variation"):
                    yield _variation(record, parents.find(cells.get(_PARENT, "")))
                elif not _NOT_SOLD & set(re.split(r"\W+", kind)):
                    yield Record(record.row, _completed(cells, cells))


class _Parents:
    """Variable products in a temporary file, by SKU and ID."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        file.execute("CREATE TABLE parents (key TEXT PRIMARY KEY, cells TEXT)")

    def add_all(self, rows: Iterable[Record]) -> None:
        for record in rows:
            cells = record.cells
            if cells.get(_TYPE, "").strip().lower().startswith("variable"):
                keys = (cells.get("id", "").strip(), f"id:{cells.get(_ID, '').strip()}")
                text = json.dumps(dict(cells))
                self._file.executemany(
                    "INSERT OR IGNORE INTO parents VALUES (?, ?)",
                    [(key, text) for key in keys if key],
                )

    def find(self, key: str) -> dict[str, str] | None:
        query = "SELECT cells FROM parents WHERE key = ?"
        found = self._file.execute(query, [key.strip()]).fetchone()
        return json.loads(found[0]) if found else None


def open_woocommerce(feed: TableFeed, mapping: Mapping[str, str]) -> WooCommerceFeed:
    """Return the feed; `mapping` goes before the usual names."""
    headings = in_english(feed.headings)
    keys = [normalize_heading(heading) for heading in headings]
    mapping = dict(zip(in_english(mapping), mapping.values(), strict=True))
    chosen = {*mapping.values()}
    usual = {
        key: col for key, col in _COLUMNS.items() if key in keys and col not in chosen
    }
    columns = match_headings(headings, {**usual, **mapping})
    own = {n: _OWN_COLUMNS[key] for n, key in enumerate(keys) if key in _OWN_COLUMNS}
    options = {n: key for n, key in enumerate(keys) if _ATTRIBUTE.fullmatch(key)}
    # The number of a product and its description in short are no columns of a feed.
    taken = {n: name for n, name in columns.items() if name in chosen or n not in own}
    return WooCommerceFeed(replace(feed, columns={**options, **own, **taken}))


def _variation(record: Record, parent: Mapping[str, str] | None) -> Record:
    if parent is None:
        named = record.cells.get(_PARENT, "").strip() or "none"
        expected = f"a row of the variation's parent; it names {named}"
        return Record(record.row, error=expected)
    own = {name: cell for name, cell in record.cells.items() if cell.strip()}
    inherited = {
        name: cell
        for name, cell in parent.items()
        if name not in _OF_VARIATION and not _ATTRIBUTE.fullmatch(name)
    }
    texts = {name: parent[name] for name in _OF_PARENT & parent.keys()}
    whole = {**record.cells, **inherited, **own, **texts}
    if _is_hidden(parent.get("published", "")):
        whole["published"] = parent["published"]
    return Record(record.row, _completed(whole, parent))


def _is_hidden(published: str) -> bool:
    return published.strip() in {"0", "-1"}


def _completed(cells: Mapping[str, str], parent: Mapping[str, str]) -> dict[str, str]:
    """Return all cells of what is sold; `parent` names what it belongs to."""
    number = cells.get(_ID, "").strip()
    links = split_links(cells.get("additional_image_link", ""))
    paths = re.split(r"(?<!\\),", cells.get("product_type", ""))
    description = cells.get("description", "").strip() or cells.get(_SHORT, "")
    done = {
        "id": cells.get("id", "").strip() or (f"id:{number}" if number else ""),
        "description": description.replace("\\n", "\n"),
        "product_type": paths[0].replace("\\,", ",").strip(),
        "image_link": links[0] if links else "",
        "additional_image_link": ",".join(links[1:]),
        "sale_price_effective_date": _sale_dates(cells),
        **split_options(_attributes(cells), is_variant=parent is not cells),
    }
    if parent is not cells:
        number = parent.get(_ID, "").strip()
        done["item_group_id"] = parent.get("id", "").strip() or f"id:{number}"
    return {**cells, **done}


def _attributes(cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, name in cells.items():
        if (match := _ATTRIBUTE.fullmatch(key)) and match[2] == "name":
            value = cells.get(f"attribute_{match[1]}_value(s)", "")
            # Several values are what a product comes in, or tags.
            if name.strip() and "," not in value:
                yield name, value


def _sale_dates(cells: Mapping[str, str]) -> str:
    dates = [cells.get(name, "").strip() for name in (_STARTS, _ENDS)]
    return "/".join(dates) if any(dates) else ""
