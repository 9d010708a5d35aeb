"""Give products the values that entries of the history say they had."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.bulk.change import CannotChange, Loaded, check_prices
from catalog.bulk.rows import LOCKED, Batch, load, values_of
from catalog.history.entries import Author, as_json, record
from catalog.history.snapshots import PRODUCT_FIELDS, VARIANT_FIELDS, compare
from catalog.models import Category, Product
from catalog.variants.models import Variant

# Whoever has stored an address or a code would be led astray.
_NEVER = {"sku", "slug"}
_PRICES = {"price_cents", "sale_price_cents"}


@dataclass(frozen=True)
class Restored:
    sku: str
    reason: str = ""  # why it was not


def can_restore(changes: Mapping[str, Any]) -> bool:
    """Return whether an entry has nothing but values that can be given back."""
    return bool(changes) and all(
        _is_value(name) and not (name.endswith(" size") and None in values)
        for name, values in changes.items()  # a size without text is "", not None
    )


def restore(
    changes: Mapping[int, Mapping[str, Any]], author: Author, *, many: bool = False
) -> list[Restored]:
    """Give each product the values from before its changes, in the caller's
    transaction, if it still has those from after."""
    names = {name for each in changes.values() for name in each}
    fields = _fields(names)
    found = load(sorted(changes), lock=True, sizes=bool(fields[1]))
    categories = set(Category.objects.values_list("pk", flat=True))
    batch = Batch()
    written = {}
    results = [
        Restored(f"#{pk}", "It was deleted.") for pk in changes if pk not in found
    ]
    for pk, loaded in found.items():
        before = values_of(loaded, *fields)
        try:
            _give_back(loaded, before, changes[pk], categories)
        except CannotChange as reason:
            results.append(Restored(loaded.product.sku, str(reason)))
            continue
        written[pk] = compare(before, values_of(loaded, *fields))
        batch.add(loaded, {*written[pk]})
        results.append(Restored(loaded.product.sku))
    batch.write(many=many)
    record(written, author)
    return results


def _is_value(name: str) -> bool:
    field = name.rsplit(" ", 1)[-1]
    if " " not in name:
        return field in {*PRODUCT_FIELDS, LOCKED} - _NEVER
    return field in {*VARIANT_FIELDS, LOCKED} and not name.startswith("photo ")


def _fields(names: set[str]) -> tuple[set[str], set[str]]:
    """Return those of products and those of sizes."""
    of_sizes = {name.rsplit(" ", 1)[1] for name in names if " " in name}
    return {name for name in names if " " not in name} - {LOCKED}, of_sizes - {LOCKED}


def _give_back(
    loaded: Loaded,
    values: Mapping[str, Any],
    changes: Mapping[str, Any],
    categories: Collection[int],
) -> None:
    now = json.loads(as_json(values))
    sizes = {variant.sku: variant for variant in loaded.variants}
    for name, (_, after) in changes.items():
        if LOCKED not in name and now.get(name) != after:
            raise CannotChange(f"Its {_label(name)} was changed since then.")
    for name, (before, after) in changes.items():
        sku, _, field = name.rpartition(" ")
        row: Product | Variant | None = sizes.get(sku) if sku else loaded.product
        if row is None:
            raise CannotChange("One of its sizes was deleted.")
        if field == LOCKED:
            row.locked = sorted({*row.locked} - ({*after} - {*before}))
        elif field == "category_id" and before not in categories:
            raise CannotChange("Its category was deleted.")
        else:
            column: Any = row._meta.get_field(field)
            setattr(row, field, column.to_python(before))
    if any(name.rsplit(" ", 1)[-1] in _PRICES for name in changes):
        check_prices(loaded)


def _label(name: str) -> str:
    # Without the SKU of a size: reasons are counted.
    field = name.rsplit(" ", 1)[-1]
    return field.removesuffix("_id").removesuffix("_cents").replace("_", " ")
