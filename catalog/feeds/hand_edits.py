"""Fields that a person changed are locked: feeds leave them as they are."""

from collections.abc import Iterable

from catalog.feeds.fields import PRICE_FIELDS, PRODUCT_FIELDS, VARIANT_FIELDS
from catalog.feeds.store.products import PHOTOS
from catalog.models import FeedProduct, Product
from catalog.variants.models import Variant

_OF_PRODUCT = {*PRODUCT_FIELDS, *PRICE_FIELDS, "category", PHOTOS} - {"currency"}
_OF_VARIANT = {*VARIANT_FIELDS, "price_cents", "sale_price_cents"}
_LABELS = {
    "price_cents": "price",
    "sale_price_cents": "sale price",
    "sale_starts": "start of the sale",
    "sale_ends": "end of the sale",
    "age_group": "age group",
}


def lock_product(product: Product, names: Iterable[str]) -> None:
    _lock(product, lockable_fields(Product, names))


def lock_variant(variant: Variant, names: Iterable[str]) -> None:
    _lock(variant, lockable_fields(Variant, names))


def lockable_fields(
    model: type[Product] | type[Variant], names: Iterable[str]
) -> set[str]:
    """Return what is to be locked where these fields were changed."""
    changed = {name.removesuffix("_id") for name in names}
    if model is Product:
        return _OF_PRODUCT & changed
    # A quantity and an availability say the same thing.
    stock = {"availability", "quantity"}
    return _OF_VARIANT & (changed | stock if changed & stock else changed)


def locked_fields(product: Product) -> list[tuple[str, str]]:
    """Return key and label of each field that is locked."""
    fields = [(name, _LABELS.get(name, name)) for name in product.locked]
    for variant in product.variants.all():
        size = variant.size or variant.sku
        fields += [
            (f"{variant.pk} {name}", f"{_LABELS.get(name, name)} of {size}")
            for name in variant.locked
        ]
    return fields


def keep_locked(product: Product, keys: Iterable[str]) -> None:
    """Unlock all other fields; the next import of the feed sets them."""
    kept = {*keys}
    unlocked = {key for key, _ in locked_fields(product)} - kept
    if not unlocked:
        return
    locked = [name for name in product.locked if name in kept]
    Product.objects.filter(pk=product.pk).update(locked=locked)
    product.locked = locked
    for variant in product.variants.all():
        left = [name for name in variant.locked if f"{variant.pk} {name}" in kept]
        if left != variant.locked:
            Variant.objects.filter(pk=variant.pk).update(locked=left)
    FeedProduct.objects.filter(pk=product.pk).update(digest="")


def _lock(row: Product | Variant, names: set[str]) -> None:
    locked = sorted({*row.locked, *names})
    if locked != row.locked:
        type(row).objects.filter(pk=row.pk).update(locked=locked)
        row.locked = locked
