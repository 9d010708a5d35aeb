"""Shopify's product export, in which the rows of one Handle are one product.

Its first row has the texts, each row with a price is a variant, and further rows add
only photos. Each variant becomes a record of its own with the texts and photos of all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import groupby, islice
from typing import ClassVar

from catalog.feeds.columns import Record, match_headings, normalize_heading
from catalog.feeds.fields import MAX_PHOTOS
from catalog.feeds.formats.table import ShopExport, TableFeed
from catalog.feeds.formats.variant_options import split_options

HANDLE = "shopify handle"
_MAX_ROWS = 5000  # of a product, held in memory; Shopify has 2,000 variants
_OPTIONS = [f"shopify option {n}" for n in (1, 2, 3)]
_OPTION_NAMES = [f"{option} name" for option in _OPTIONS]
_TRACKER, _POLICY = "shopify tracker", "shopify policy"
_COMPARED = "shopify compare at price"
_VARIANT_IMAGE = "shopify variant image"
# Normalised heading -> column.
_COLUMNS = {
    "variant_sku": "id",
    "body_(html)": "description",
    "vendor": "brand",
    "variant_price": "price",
    "type": "product_type",
    "product_category": "google_product_category",
    "image_src": "image_link",
    "variant_inventory_qty": "quantity",
    "variant_barcode": "gtin",
    "google_shopping_/_gender": "gender",
    "google_shopping_/_age_group": "age_group",
}
# Columns that only this format reads.
_OWN_COLUMNS = {
    "handle": HANDLE,
    **{f"option{n}_value": column for n, column in enumerate(_OPTIONS, 1)},
    **{f"option{n}_name": column for n, column in enumerate(_OPTION_NAMES, 1)},
    "variant_inventory_tracker": _TRACKER,
    "variant_inventory_policy": _POLICY,
    "variant_image": _VARIANT_IMAGE,
    "variant_compare_at_price": _COMPARED,
}
_OF_VARIANT = {
    *("id", "price", "quantity", "availability", "image_link", "gtin", _COMPARED),
    *(_TRACKER, _POLICY, _VARIANT_IMAGE, *_OPTIONS),
}


def is_shopify(headings: Iterable[str]) -> bool:
    keys = {normalize_heading(heading) for heading in headings}
    return "handle" in keys and any(key.startswith("variant_") for key in keys)


@dataclass(frozen=True)
class ShopifyFeed(ShopExport):
    kind: ClassVar = "product export of Shopify"

    def __iter__(self) -> Iterator[Record]:
        for _, records in groupby(self.rows, _handle):
            while part := list(islice(records, _MAX_ROWS)):
                yield from _variants(part)


def open_shopify(feed: TableFeed, mapping: Mapping[str, str]) -> ShopifyFeed:
    """Return the feed; `mapping` goes before Shopify's names."""
    keys = [normalize_heading(heading) for heading in feed.headings]
    chosen = {*mapping.values()}
    usual = {
        key: col for key, col in _COLUMNS.items() if key in keys and col not in chosen
    }
    columns = match_headings(feed.headings, {**usual, **mapping})
    own = {n: _OWN_COLUMNS[key] for n, key in enumerate(keys) if key in _OWN_COLUMNS}
    return ShopifyFeed(replace(feed, columns={**own, **columns}))


def _handle(record: Record) -> tuple[str, int]:
    """Return what the rows of a product share; broken rows share nothing."""
    handle = record.cells.get(HANDLE, "").strip()
    return handle, 0 if handle else record.row


def _variants(records: list[Record]) -> Iterator[Record]:
    first = records[0].cells
    texts = {n: cell for n, cell in first.items() if n not in _OF_VARIANT}
    variants: list[Record] = []
    for record in records:
        cells = {name: cell for name, cell in record.cells.items() if cell.strip()}
        if record.error:
            yield record
        elif len(records) == 1 or cells.keys() & {"id", "price", *_OPTIONS}:
            own = {name: cells.get(name, "") for name in _OF_VARIANT & first.keys()}
            whole = texts | own | cells
            variants.append(Record(record.row, whole | _completed(whole)))
    photos = [record.cells.get("image_link", "").strip() for record in records]
    colours = _colours_of_photos(variants)
    for variant in variants:
        yield replace(variant, cells=_with_photos(variant.cells, photos, colours))


def _colours_of_photos(variants: list[Record]) -> dict[str, set[str]]:
    colours: dict[str, set[str]] = defaultdict(set)
    for variant in variants:
        photo = variant.cells.get(_VARIANT_IMAGE, "").strip()
        colours[photo].add(variant.cells.get("color", ""))
    return colours


def _with_photos(
    cells: Mapping[str, str], photos: list[str], colours: Mapping[str, set[str]]
) -> dict[str, str]:
    """Add the variant's photo, and those of its product but for other colours'."""
    colour = cells.get("color", "")
    main = cells.get(_VARIANT_IMAGE, "").strip()
    others = [link for link in photos if colour in colours.get(link, {colour})]
    links = [link for link in dict.fromkeys([main, *others]) if link][:MAX_PHOTOS]
    return {
        **cells,
        "image_link": links[0] if links else "",
        "additional_image_link": ",".join(links[1:]),
    }


def _completed(cells: Mapping[str, str]) -> dict[str, str]:
    """Return a variant's id, options, stock and price."""
    options = [cells.get(name, "") for name in _OPTIONS]
    names = [cells.get(name, "") for name in _OPTION_NAMES]
    named = "-".join(each.strip() for each in (cells[HANDLE], *options) if each.strip())
    return {
        "id": cells.get("id", "").strip() or named,
        "item_group_id": cells[HANDLE].strip(),
        **split_options(zip(names, options, strict=True), is_variant=True),
        **_stock(cells),
        **_sale(cells),
    }


def _sale(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the price before a reduction, and the price as that of a sale."""
    if _COMPARED not in cells or "sale_price" in cells:
        return {}
    price, compared = cells.get("price", ""), cells[_COMPARED].strip()
    try:
        is_reduced = bool(compared) and Decimal(price) < Decimal(compared)
    except InvalidOperation:
        is_reduced = False
    return (
        {"price": compared, "sale_price": price} if is_reduced else {"sale_price": ""}
    )


def _stock(cells: Mapping[str, str]) -> dict[str, str]:
    if cells.get("availability", "").strip():
        return {}
    if _TRACKER in cells and not cells[_TRACKER].strip():
        return {"quantity": "", "availability": "in_stock"}  # Shopify does not count it
    quantity = cells.get("quantity", "").strip()
    if quantity.strip("0") and not quantity.startswith("-"):
        return {"availability": "in_stock"}
    if cells.get(_POLICY, "").strip() == "continue":
        return {"availability": "backorder"}
    return {"availability": "out_of_stock"} if quantity else {}
