"""The fields of a feed: column, aliases, parser, limit and target of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalog.feeds.parsers import (
    parse_age_group,
    parse_availability,
    parse_category,
    parse_gender,
    parse_google_category,
    parse_group,
    parse_gtin,
    parse_link,
    parse_public,
    parse_quantity,
    parse_sale_dates,
    parse_sale_price,
    parse_sku,
    split_links,
)
from catalog.feeds.plain_text import one_line, plain_text
from catalog.models import Category, Product
from catalog.money import parse_shop_price

MAX_PHOTOS = 50  # per product


@dataclass(frozen=True)
class FeedField:
    """One column of a feed.

    `parse` takes the text of a cell and returns a value for each target, or None to
    leave the product as it is. It raises ValueError with what it expects.
    """

    column: str
    parse: Callable[..., Any]
    # Fields of Product and Variant, or parts of a row, such as photos.
    targets: tuple[str, ...]
    help: str
    aliases: tuple[str, ...] = ()
    limit: int = 0  # characters or photos, where Product has no limit of its own
    required: bool = False  # for a new product
    repeatable: bool = False  # adds to what other columns say of the target
    takes_currency: bool = False  # `parse` takes the default currency too
    optional: bool = False  # without a right value the row is imported all the same


def max_chars(model: Any, name: str) -> int:
    return model._meta.get_field(name).max_length


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
        parse_shop_price,
        ("price_cents", "currency"),
        aliases=("regular_price",),
        required=True,
        takes_currency=True,
        help="19.90 EUR, EUR 19,90, 1.299,00 EUR, or 19.90, all in the shop's currency",
    ),
    FeedField(
        "sale_price",
        parse_sale_price,
        ("sale_price_cents", "sale_currency"),
        takes_currency=True,
        help="the reduced price; an empty cell ends the sale",
    ),
    FeedField(
        "sale_price_effective_date",
        parse_sale_dates,
        ("sale_starts", "sale_ends"),
        help="2026-11-27T00:00+0100/2026-12-01T00:00+0100",
    ),
    FeedField(
        "product_type",
        parse_category,
        ("category",),
        aliases=("category",),
        limit=max_chars(Category, "name"),
        required=True,
        help='of "Apparel > Women > Dresses" the last part: Dresses',
    ),
    FeedField(
        "google_product_category",
        parse_google_category,
        ("category",),
        limit=max_chars(Category, "name"),
        help="used where product_type is empty; numbers alone are not used",
    ),
    FeedField(
        "image_link",
        parse_link,
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
        parse_quantity,
        ("quantity",),
        aliases=("stock", "inventory"),
        help="a whole number; unknown where only availability is given. A new product"
        " with neither is sold out",
    ),
    FeedField(
        "availability",
        parse_availability,
        ("availability",),
        aliases=("in_stock", "stock_status"),
        help="in_stock, out_of_stock, preorder or backorder",
    ),
    FeedField(
        "item_group_id",
        parse_group,
        ("group",),
        help="the same for all sizes and colours of a style; its sizes in one colour"
        " are one product",
    ),
    FeedField(
        "color",
        one_line,
        ("colour",),
        aliases=("colour",),
        help="the colour in your words; known ones go before those of the photos",
    ),
    FeedField("size", one_line, ("size",), help="what is chosen of a product"),
    FeedField(
        "gtin",
        parse_gtin,
        ("gtin",),
        aliases=("ean", "upc", "barcode"),
        optional=True,
        help="8 or 12 to 14 digits",
    ),
    FeedField("material", one_line, ("material",), help="such as wool or leather"),
    FeedField("pattern", one_line, ("pattern",), help="such as striped"),
    FeedField(
        "gender", parse_gender, ("gender",), optional=True, help="female, male, unisex"
    ),
    FeedField(
        "age_group",
        parse_age_group,
        ("age_group",),
        optional=True,
        help="newborn, infant, toddler, kids or adult",
    ),
    FeedField(
        "link",
        str.strip,
        ("link",),
        aliases=("product_link", "product_url"),
        optional=True,
        help="the address of the page where it can be bought",
    ),
    FeedField(
        "status",
        parse_public,
        ("status_public",),
        aliases=("post_status", "product_status"),
        help="active or published; a product that is draft, archived or private in the"
        " source is not shown in the shop",
    ),
    FeedField(
        "published",
        parse_public,
        ("published",),
        aliases=("is_published", "active", "enabled"),
        help="true or 1; a product with false, 0 or -1 is not shown in the shop",
    ),
    FeedField(
        "visibility",
        parse_public,
        ("visible",),
        aliases=("visibility_in_catalog", "product_visible"),
        help="visible, catalog or search; a hidden product is not shown in the shop",
    ),
)
_TARGETS = {name for field in FIELDS for name in field.targets}
# Those of what is bought; the SKU identifies it.
VARIANT_FIELDS = ("availability", "gtin", "quantity", "size")
PRICE_FIELDS = (
    "currency",
    "price_cents",
    "sale_ends",
    "sale_price_cents",
    "sale_starts",
)
# Those of Product that need no other row than that of the field.
PRODUCT_FIELDS = sorted(
    _TARGETS
    & {field.name for field in Product._meta.fields}
    - {"sku", "category", *VARIANT_FIELDS, *PRICE_FIELDS}
)
ID_COLUMN = FIELDS[0].column
COLUMNS = {field.column: field for field in FIELDS}
ALIASES = {alias: field.column for field in FIELDS for alias in field.aliases}
REPEATABLE = {field.column for field in FIELDS if field.repeatable}
