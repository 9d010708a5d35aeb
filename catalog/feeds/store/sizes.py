"""The sizes of products, which are variants, from the rows of a feed."""

from typing import Any

from catalog.feeds.groups import RowGroup
from catalog.feeds.rows import ProductRow
from catalog.feeds.store.matches import StoredProducts
from catalog.models import Product
from catalog.variants.models import Variant
from catalog.writes.rows import update_variants


class SizeBatch:
    def __init__(self, stored: StoredProducts) -> None:
        self.stored = stored
        self.changed: dict[str, Variant] = {}
        self.names: set[str] = set()
        self.new: list[Variant] = []
        self.moved_from: set[int] = set()

    def store(self, found: dict[int, RowGroup], changes: dict[int, Any]) -> None:
        for pk, group in found.items():
            for position, row in enumerate(
                group.rows, self.stored.first_place(pk, group)
            ):
                self._plan(changes[pk], group, row, position)
        Variant.objects.bulk_create(self.new)
        if self.changed:
            update_variants(self.changed.values(), self.names)

    def emptied(self) -> list[Product]:
        """Return the products all of whose sizes have moved to others."""
        left = {variant.product_id for variant in self.stored.variants.values()}
        ids = sorted(self.moved_from - left)
        return [self.stored.products[pk] for pk in ids if pk in self.stored.products]

    def _plan(
        self, change: Any, group: RowGroup, row: ProductRow, position: int
    ) -> None:
        product: Product = change.product
        variant = self.stored.variants.get(row.sku)
        sold_out = row.is_hidden and not group.is_hidden
        if variant is None:
            variant = Variant(product=product, sku=row.sku, quantity=0)
            _fill(variant, row, product, position, sold_out=sold_out)
            self.new.append(variant)
            self.stored.variants[row.sku] = variant
            change.fields["sizes"] = ("", row.sku)
            return
        if variant.product_id != product.pk:
            self._move(variant, product)
            change.fields["sizes"] = ("", row.sku)
        values = row.variant_values(variant, sold_out=sold_out)
        values |= _own_price(row, product, variant)
        if not self.stored.is_partial(product.pk, group):
            values["position"] = position
        if names := change.set(variant, values, f"{row.sku} "):
            self.names |= names
            self.changed[row.sku] = variant

    def _move(self, variant: Variant, product: Product) -> None:
        self.moved_from.add(variant.product_id)
        Variant.objects.filter(pk=variant.pk).update(product=product)
        variant.product = product


def _fill(
    variant: Variant,
    row: ProductRow,
    product: Product,
    position: int,
    *,
    sold_out: bool,
) -> None:
    values = row.variant_values(variant, sold_out=sold_out)
    values |= _own_price(row, product, variant) | {"position": position}
    for name, value in values.items():
        setattr(variant, name, value)


def _own_price(row: ProductRow, product: Product, variant: Variant) -> dict[str, Any]:
    """Return the variant's own price, which is NULL where it is the product's."""
    price = row.values.get("price_cents")
    if price is None or "price_cents" in product.locked:
        return {}
    sale = row.values.get("sale_price_cents")
    if price == product.price_cents and sale == product.sale_price_cents:
        price = sale = None
    return {"price_cents": price, "sale_price_cents": sale}
