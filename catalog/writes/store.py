"""Products as programs write them: many in one transaction, each with its result."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError as DjangoError
from django.db.models import QuerySet
from django.utils import timezone

from catalog.announcements.signals import products_changed
from catalog.categories import category_of
from catalog.error_codes import ErrorCode
from catalog.history.entries import Author
from catalog.history.snapshots import recorded
from catalog.locks import IMPORT, lock_until_commit
from catalog.models import Category, Product, ProductQuerySet
from catalog.product_words.refresh import refresh_words
from catalog.trash.services import leave_trash
from catalog.variants.stock import add_missing_variants, take_stock
from catalog.writes.sizes import STOCK_FIELDS, SizeWrites
from catalog.writes.slugs import free_slugs

REQUIRED = ("title", "category", "price_cents")
_PRICE_FIELDS = {"price_cents", "sale_price_cents", "sale_starts", "sale_ends"}


@dataclass
class ProductWrite:
    """What is to be written of a product, by field; a missing one stays as it is."""

    sku: str
    values: dict[str, Any]
    variants: list[dict[str, Any]] | None = None
    # What happened:
    status: str = "unchanged"  # created, updated, unchanged, failed
    errors: list[tuple[str, str, str]] = field(default_factory=list)  # field, code, why

    def fail(self, name: str, code: str, detail: str) -> None:
        self.status = "failed"
        self.errors.append((name, code, detail))


def store_products(writes: Sequence[ProductWrite], *, author: Author) -> None:
    """Store all that can be stored, in the caller's transaction.

    Whatever cannot be stored is marked as failed.
    """
    # Serialise writers in bulk: of two that create a product, the second updates it.
    lock_until_commit(IMPORT)
    _fail_repeated(writes)
    skus = [write.sku for write in writes]
    locked = Product.objects.with_skus(skus).select_for_update(no_key=True)
    stored = {product.sku: product for product in locked.order_by("pk")}
    sizes = SizeWrites(writes, stored)
    sizes.check()
    for write in writes:
        if write.sku not in stored:
            _check_complete(write)
        _check_sale(write, stored.get(write.sku))
    good = [write for write in writes if write.status != "failed"]
    with recorded(author, *(product.pk for product in stored.values())) as made:
        made.update(_store(good, stored, sizes))
    leave_trash(
        stored[write.sku].pk
        for write in good
        if write.sku in stored and "status" in write.values
    )


def _store(
    good: Sequence[ProductWrite], stored: dict[str, Product], sizes: SizeWrites
) -> list[int]:
    """Return the ids of new products."""
    _resolve_categories(good)
    new = _create([write for write in good if write.sku not in stored])
    changed = _update([write for write in good if write.sku in stored], stored)
    products = stored | new
    sizes.store([write for write in good if write.variants is not None], products)
    add_missing_variants(product.pk for product in new.values())
    take_stock(
        products[write.sku].pk
        for write in changed
        if STOCK_FIELDS & write.values.keys() and write.variants is None
    )
    return [product.pk for product in new.values()]


def _fail_repeated(writes: Sequence[ProductWrite]) -> None:
    seen: set[str] = set()
    for write in writes:
        if write.sku in seen:
            detail = f"{write.sku} is there twice. Send each product once."
            write.fail("sku", ErrorCode.REPEATED_SKU, detail)
        seen.add(write.sku)


def _check_complete(write: ProductWrite) -> None:
    for name in REQUIRED:
        if name not in write.values:
            write.fail(name, "required", f"A new product needs {name}.")


def _check_sale(write: ProductWrite, stored: Product | None) -> None:
    if not _PRICE_FIELDS & write.values.keys() or write.status == "failed":
        return
    values = {
        name: write.values.get(name, getattr(stored, name, None))
        for name in _PRICE_FIELDS
    }
    try:
        Product(**values).clean()
    except DjangoError as error:
        for name, (message, *_) in error.message_dict.items():
            write.fail(name, "invalid", message)


def _resolve_categories(writes: Sequence[ProductWrite]) -> None:
    """Replace slugs and names by rows. A category that nobody has made yet is made."""
    names = {w.values["category"] for w in writes if "category" in w.values}
    by_slug = {each.slug: each for each in Category.objects.filter(slug__in=names)}
    found = {n: by_slug.get(n) or category_of(n) for n in sorted(names)}
    for write in writes:
        if "category" in write.values:
            write.values["category_id"] = found[write.values.pop("category")].pk


def _create(writes: Sequence[ProductWrite]) -> dict[str, Product]:
    slugs = free_slugs([(write.values["title"], write.sku) for write in writes])
    products = Product.objects.bulk_create(
        Product(sku=write.sku, slug=slug, **write.values)
        for write, slug in zip(writes, slugs, strict=True)
    )
    for write in writes:
        write.status = "created"
    return {product.sku: product for product in products}


def _update(
    writes: Sequence[ProductWrite], stored: dict[str, Product]
) -> list[ProductWrite]:
    names: set[str] = set()
    changed = []
    for write in writes:
        product = stored[write.sku]
        different = {n for n, v in write.values.items() if getattr(product, n) != v}
        if different:
            for name in different:
                setattr(product, name, write.values[name])
            product.updated = timezone.now()
            write.status = "updated"
            names |= different
            changed.append(write)
    if changed:
        _write([stored[write.sku] for write in changed], names)
    return changed


def _write(products: list[Product], names: set[str]) -> None:
    for product in products:
        product.set_on_sale()
    # Many times faster than bulk_update, which writes a CASE for each value. The
    # manager's own bulk_create would refresh the words of all.
    plain: QuerySet[Product] = QuerySet(Product)
    plain.bulk_create(
        products,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=sorted(names | {"updated", "on_sale"}),
    )
    products_changed.send(Product, products=[product.pk for product in products])
    if names & ProductQuerySet.word_fields:
        refresh_words(product.pk for product in products)
