"""Products with their sizes and photos as flat values, to be compared."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from catalog.history.entries import CREATED, Author, record
from catalog.models import Product, ProductImage
from catalog.variants.models import Variant

PRODUCT_FIELDS = (
    *("sku", "slug", "title", "description", "brand", "category_id", "status"),
    *("price_cents", "sale_price_cents", "sale_starts", "sale_ends"),
    *("group", "colour", "material", "pattern", "gender", "age_group", "link"),
)
VARIANT_FIELDS = (
    *("size", "gtin", "availability", "quantity"),
    *("price_cents", "sale_price_cents"),
)
_PHOTO_FIELDS = ("alt_text", "colours", "kind", "pattern", "sha256")
PHOTOS = "photos"  # their ids in order


def snapshot(products: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the values of each product, by field."""
    ids = list(products)
    rows = Product.objects.filter(pk__in=ids).order_by("pk")
    found: dict[int, dict[str, Any]] = {
        row.pop("pk"): row for row in rows.values("pk", *PRODUCT_FIELDS)
    }
    sizes = Variant.objects.filter(product__in=ids).order_by("position", "pk")
    for size in sizes.values("product_id", "sku", *VARIANT_FIELDS):
        values = found[size["product_id"]]
        values |= {f"{size['sku']} {name}": size[name] for name in VARIANT_FIELDS}
    order = defaultdict(list)
    photos = ProductImage.objects.filter(product__in=ids).order_by("position", "pk")
    for photo in photos.values("product_id", "pk", *_PHOTO_FIELDS):
        order[photo["product_id"]].append(photo["pk"])
        values = found[photo["product_id"]]
        values |= {f"photo {photo['pk']} {n}": photo[n] for n in _PHOTO_FIELDS}
    for pk, values in found.items():
        values[PHOTOS] = order[pk]
    return found


def compare(
    before: dict[str, Any], after: dict[str, Any]
) -> dict[str, tuple[Any, Any]]:
    # An empty value of a new product says nothing.
    return {
        name: (before.get(name), after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
        and not (not before and after[name] in ("", None, []))
    }


@contextmanager
def recorded(
    author: Author, *products: int, group: str | None = None
) -> Iterator[set[int]]:
    """Record what the block changes; products it makes are added to what it gets.

    Put it inside the transaction.
    """
    before = snapshot(products)
    new: set[int] = set()
    yield new
    after = snapshot({*products, *new})
    changes = {pk: compare(before.get(pk, {}), each) for pk, each in after.items()}
    made = {pk: each for pk, each in changes.items() if pk not in before}
    record(made, author, action=CREATED, group=group)
    known = {pk: each for pk, each in changes.items() if pk in before}
    record(known, author, group=group)
