"""Read products to change them, and write what was changed, many in a statement."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from catalog.bulk.change import Loaded
from catalog.feeds.hand_edits import lockable_fields
from catalog.history.snapshots import PRODUCT_FIELDS
from catalog.models import Product, ProductImage
from catalog.product_words.refresh import postpone_words, refresh_words
from catalog.variants.models import Variant
from catalog.writes.rows import update_products, update_variants

CHUNK = 1000  # products in a statement
# Words of more products are written by the sweep, within a minute.
MAX_REFRESHED = 1000
LOCKED = "locked"  # fields that feeds leave as they are


def load(
    products: Sequence[int], *, lock: bool, sizes: bool = True
) -> dict[int, Loaded]:
    """Read them by id, in order; `lock` needs a transaction.

    Without `sizes` only those with a price of their own are read.
    """
    rows = Product.objects.filter(pk__in=products).defer("description").order_by("pk")
    if lock:
        rows = rows.select_for_update(no_key=True)
    found = {product.pk: Loaded(product) for product in rows}
    variants = Variant.objects.filter(product__in=products).order_by("position", "pk")
    for variant in variants if sizes else variants.filter(price_cents__isnull=False):
        if variant.product_id in found:
            found[variant.product_id].variants.append(variant)
    photos = ProductImage.objects.filter(product__in=products).order_by()
    for pk in photos.values_list("product_id", flat=True).distinct():
        if pk in found:
            found[pk].has_photo = True
    return found


def values_of(
    loaded: Loaded, fields: Iterable[str], size_fields: Iterable[str]
) -> dict[str, Any]:
    """Return values as the history names them, and the locks against feeds."""
    product = loaded.product
    values = {name: getattr(product, name) for name in fields}
    values[LOCKED] = product.locked
    if size_fields:
        for variant in loaded.variants:
            for name in size_fields:
                values[f"{variant.sku} {name}"] = getattr(variant, name)
            values[f"{variant.sku} {LOCKED}"] = variant.locked
    return values


def lock_changed(loaded: Loaded, names: set[str]) -> None:
    """Let feeds leave the changed fields as they are."""
    product = loaded.product
    product.locked = sorted({*product.locked, *lockable_fields(Product, names)})
    for variant in loaded.variants:
        key = f"{variant.sku} "
        own = {name.removeprefix(key) for name in names if name.startswith(key)}
        variant.locked = sorted({*variant.locked, *lockable_fields(Variant, own)})


@dataclass
class Batch:
    """Changed products that are written together."""

    products: list[Product] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    names: dict[type, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, loaded: Loaded, names: set[str]) -> None:
        own = {name for name in names if name in PRODUCT_FIELDS or name == LOCKED}
        loaded.product.updated = timezone.now()
        self.products.append(loaded.product)
        self.names[Product] |= own
        for variant in loaded.variants:
            key = f"{variant.sku} "
            changed = {n.removeprefix(key) for n in names - own if n.startswith(key)}
            if changed:
                self.variants.append(variant)
                self.names[Variant] |= changed

    def write(self, *, many: bool) -> None:
        words: Callable[[list[int]], None] = postpone_words if many else refresh_words
        update_products(self.products, self.names[Product], words=words)
        if self.variants:
            update_variants(self.variants, self.names[Variant])


def chunks(products: Sequence[int]) -> Iterator[Sequence[int]]:
    ids = sorted(set(products))
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
