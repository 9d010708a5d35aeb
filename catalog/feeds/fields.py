"""The fields of a feed: column, aliases, parser, limit and target of each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

from catalog.feeds.plain_text import one_line, plain_text
from catalog.models import Category, Product
from catalog.money import parse_price
from catalog.slugs import visible_text

MAX_PHOTOS = 50  # per product
_IN_STOCK = ("in_stock", "instock", "available", "limited_availability")
_OUT_OF_STOCK = ("out_of_stock", "outofstock", "sold_out", "soldout", "unavailable")
_AVAILABILITY: dict[str, str] = {
    **dict.fromkeys((*_IN_STOCK, "yes", "true", "1"), "in_stock"),
    **dict.fromkeys(
        (*_OUT_OF_STOCK, "discontinued", "no", "false", "0"), "out_of_stock"
    ),
    **dict.fromkeys(("preorder", "pre_order", "presale"), "preorder"),
    **dict.fromkeys(
        ("backorder", "back_order", "onbackorder", "on_backorder"), "backorder"
    ),
}
_PUBLIC = {
    *("active", "publish", "published", "enabled", "online", "live", "public"),
    *("visible", "catalog", "search", "catalog,_search", "yes", "true", "1"),
}
_HIDDEN = {
    *("draft", "auto_draft", "archived", "private", "hidden", "unlisted", "trash"),
    *("pending", "future", "unpublished", "inactive", "disabled", "offline"),
    *("not_visible_individually", "no", "false", "0", "-1"),
}


@dataclass(frozen=True)
class FeedField:
    """One column of a feed.

    `parse` takes the text of a cell and returns a value for each target, or None to
    leave the product as it is. It raises ValueError with what it expects.
    """

    column: str
    parse: Callable[..., Any]
    targets: tuple[str, ...]  # fields of Product, or parts of a row: photos, available
    help: str
    aliases: tuple[str, ...] = ()
    limit: int = 0  # characters or photos, where Product has no limit of its own
    required: bool = False  # for a new product
    repeatable: bool = False  # adds to what other columns say of the target
    takes_currency: bool = False  # `parse` takes the default currency too


def max_chars(model: Any, name: str) -> int:
    return model._meta.get_field(name).max_length


def parse_sku(text: str) -> str:
    return " ".join(visible_text(text).split(" ")).strip()


def _parse_category(text: str) -> str | None:
    """Return the last step of a path such as `Apparel > Women > Dresses`."""
    steps = [one_line(step) for step in unescape(text).split(">")]
    return next((step for step in reversed(steps) if step), None)


def _parse_google_category(text: str) -> str | None:
    category = _parse_category(text)
    return None if category and category.isdecimal() else category


def _parse_quantity(text: str) -> int | None:
    if not text:
        return None
    match = re.fullmatch(r"([+-]?[0-9]{1,10})(?:[.,]0+)?", text)
    if not match:
        raise ValueError("a whole number")
    return max(int(match[1]), 0)  # below zero, more was sold than there is


def _parse_availability(text: str) -> str | None:
    if not text:
        return None
    word = re.sub(r"[\s-]+", "_", text.lower())
    word = word.rpartition("/")[2]  # of https://schema.org/InStock
    if word not in _AVAILABILITY:
        raise ValueError("in_stock, out_of_stock, preorder or backorder")
    return _AVAILABILITY[word]


def _parse_public(text: str) -> bool | None:
    word = re.sub(r"[\s_-]+", "_", text.casefold()) if text != "-1" else text
    if not word:
        return None
    if word not in _PUBLIC | _HIDDEN:
        raise ValueError("active, published, draft, archived, private or hidden")
    return word in _PUBLIC


def _parse_link(text: str) -> list[str] | None:
    return [text] if text else None


def split_links(text: str) -> list[str]:
    """Split at commas; web addresses only at commas before the next address."""
    comma = r",\s*(?=https?:|//)" if re.match(r"\s*(https?:|//)", text) else ","
    links = (link.strip(" \t\r\n,") for link in re.split(comma, text))
    return [link for link in links if link]


# Where two fields have one target, the first that gives a value wins.
FIELDS = (
    FeedField(
        "id",
        parse_sku,
        ("sku",),
        aliases=("sku",),
        help="one for each product; printable text of at most 64 characters",
    ),
    FeedField(
        "title",
        one_line,
        ("title",),
        aliases=("name",),
        required=True,
        help=f"at most {max_chars(Product, 'title')} characters",
    ),
    FeedField(
        "description",
        plain_text,
        ("description",),
        help="HTML is turned into text",
    ),
    FeedField(
        "brand",
        one_line,
        ("brand",),
        help=f"at most {max_chars(Product, 'brand')} characters",
    ),
    FeedField(
        "price",
        parse_price,
        ("price_cents", "currency"),
        required=True,
        takes_currency=True,
        help="19.90 EUR, EUR 19,90, 1.299,00 EUR, or 19.90 (with --currency)",
    ),
    FeedField(
        "product_type",
        _parse_category,
        ("category",),
        aliases=("category",),
        limit=max_chars(Category, "name"),
        required=True,
        help='of "Apparel > Women > Dresses" the last part: Dresses',
    ),
    FeedField(
        "google_product_category",
        _parse_google_category,
        ("category",),
        limit=max_chars(Category, "name"),
        help="used where product_type is empty; numbers alone are not used",
    ),
    FeedField(
        "image_link",
        _parse_link,
        ("photos",),
        aliases=("image",),
        help="a file below the feed's folder (--photos), or an http(s) address",
    ),
    FeedField(
        "additional_image_link",
        split_links,
        ("photos",),
        aliases=("images", "additional_image_links"),
        limit=MAX_PHOTOS,
        repeatable=True,
        help="more photos, separated by commas; the column may be repeated",
    ),
    FeedField(
        "quantity",
        _parse_quantity,
        ("stock",),
        aliases=("stock", "inventory"),
        help="a whole number; unknown where only availability is given. A new product"
        " with neither is sold out",
    ),
    FeedField(
        "availability",
        _parse_availability,
        ("availability",),
        aliases=("in_stock", "stock_status"),
        help="in_stock, out_of_stock, preorder or backorder",
    ),
    FeedField(
        "status",
        _parse_public,
        ("status_public",),
        aliases=("post_status", "product_status"),
        help="active or published; a product that is draft, archived or private in the"
        " source is not shown in the shop",
    ),
    FeedField(
        "published",
        _parse_public,
        ("published",),
        aliases=("is_published", "active", "enabled"),
        help="true or 1; a product with false, 0 or -1 is not shown in the shop",
    ),
    FeedField(
        "visibility",
        _parse_public,
        ("visible",),
        aliases=("visibility_in_catalog", "product_visible"),
        help="visible, catalog or search; a hidden product is not shown in the shop",
    ),
)
_PRODUCT_FIELDS = {field.name for field in Product._meta.fields}
# The fields of Product that a feed sets; the SKU identifies it.
UPDATED_FIELDS = sorted(
    {name for field in FIELDS for name in field.targets} & _PRODUCT_FIELDS - {"sku"}
)
ID_COLUMN = FIELDS[0].column
COLUMNS = {field.column: field for field in FIELDS}
ALIASES = {alias: field.column for field in FIELDS for alias in field.aliases}
REPEATABLE = {field.column for field in FIELDS if field.repeatable}
