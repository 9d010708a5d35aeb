"""The variants of products that are written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from catalog.error_codes import ErrorCode
from catalog.models import Product
from catalog.variants.models import Variant

STOCK_FIELDS = {"availability", "stock"}
_FIELDS = (
    *("size", "gtin", "availability", "quantity", "price_cents"),
    "sale_price_cents",
)


class Write(Protocol):
    sku: str
    values: dict[str, Any]
    variants: list[dict[str, Any]] | None
    status: str

    def fail(self, name: str, code: str, detail: str) -> None: ...


class SizeWrites:
    def __init__(self, writes: Sequence[Write], stored: Mapping[str, Product]) -> None:
        self.writes = writes
        self.stored = stored
        ids = [product.pk for product in stored.values()]
        self.known = {
            each.sku: each
            for each in [
                *Variant.objects.filter(product__in=ids),
                *Variant.objects.with_skus(self._skus()),
            ]
        }
        self.skus_of: dict[int, set[str]] = defaultdict(set)
        for sku, variant in self.known.items():
            self.skus_of[variant.product_id].add(sku)

    def _skus(self) -> set[str]:
        return {sku for write in self.writes for sku in _skus(write)}

    def check(self) -> None:
        """Fail writes whose SKUs are those of other products' variants."""
        owners: dict[str, str] = {}
        for write in self.writes:
            product = self.stored.get(write.sku)
            if product and write.variants is None and STOCK_FIELDS & {*write.values}:
                self._check_stock(write, product)
            needed = _skus(write) if write.variants is not None or not product else []
            for sku in needed:
                variant = self.known.get(sku)
                is_foreign = variant and not (
                    product and variant.product_id == product.pk
                )
                if is_foreign or owners.setdefault(sku, write.sku) != write.sku:
                    detail = f"{sku} is a variant of another product."
                    name = "sku" if write.variants is None else "variants"
                    write.fail(name, ErrorCode.SKU_TAKEN, detail)

    def _check_stock(self, write: Write, product: Product) -> None:
        if self.skus_of[product.pk] != {product.sku}:
            detail = f"{product.sku} has sizes. Write the stock of its variants."
            for name in sorted(STOCK_FIELDS & {*write.values}):
                write.fail(name, ErrorCode.CONFLICT, detail)

    def store(self, writes: Iterable[Write], products: Mapping[str, Product]) -> None:
        rows: list[Variant] = []
        kept: set[str] = set()
        ids = set()
        for write in writes:
            product = products[write.sku]
            ids.add(product.pk)
            for position, values in enumerate(write.variants or ()):
                kept.add(values["sku"])
                row = self.known.get(values["sku"]) or Variant(
                    product=product, sku=values["sku"]
                )
                if _fill(row, {**values, "position": position}) or not row.pk:
                    rows.append(row)
                    if write.status == "unchanged":
                        write.status = "updated"
        removed = [
            each.pk
            for each in self.known.values()
            if each.product_id in ids and each.sku not in kept
        ]
        if removed:
            Variant.objects.filter(pk__in=removed).delete()
        new = [row for row in rows if not row.pk]
        changed = [row for row in rows if row.pk]
        if new:
            Variant.objects.bulk_create(new)
        if changed:
            Variant.objects.bulk_create(
                changed,
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=[*_FIELDS, "position"],
            )


def _skus(write: Write) -> list[str]:
    if write.variants is None:
        return [write.sku]
    return [values["sku"] for values in write.variants]


def _fill(row: Variant, values: dict[str, Any]) -> bool:
    different = {n: v for n, v in values.items() if getattr(row, n) != v}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)
