"""Updates of many rows, each with values of its own, in one statement.

`bulk_update` would build an expression for each value, which takes longer than all the
rest of an import or of a bulk change.
"""

import json
from collections.abc import Callable, Collection

from django.db import connection, models

from catalog.announcements.signals import products_changed
from catalog.models import FeedProduct, Product, ProductQuerySet
from catalog.prices.sales import SALE_FIELDS, apply_sales
from catalog.product_words.refresh import refresh_words
from catalog.variants.models import Variant
from catalog.variants.stock import refresh_stock


def update_products(
    products: Collection[Product],
    names: set[str],
    *,
    words: Callable[[list[int]], None] = refresh_words,
) -> None:
    """Write fields of products that the caller has locked, and what depends on them."""
    ids = [product.pk for product in products]
    if not ids:
        return
    _update(products, names | {"updated"})
    if names & SALE_FIELDS:
        apply_sales(ids)
    products_changed.send(Product, products=ids)
    if names & ProductQuerySet.word_fields:
        words(ids)


def update_variants(variants: Collection[Variant], names: set[str]) -> None:
    """Write fields of variants whose products the caller has locked."""
    _update(variants, names)
    refresh_stock({variant.product_id for variant in variants})


def update_claims(claims: Collection[FeedProduct], names: set[str]) -> None:
    _update(claims, names)


def _update(rows: Collection[models.Model], names: set[str]) -> None:
    if not rows:
        return
    meta = next(iter(rows))._meta
    fields = [f for f in meta.concrete_fields if f.primary_key or f.attname in names]
    values = [{f.attname: getattr(row, f.attname) for f in fields} for row in rows]
    columns = ", ".join(f'"{f.attname}" {f.cast_db_type(connection)}' for f in fields)
    written = [f for f in fields if not f.primary_key]
    sets = ", ".join(f'"{f.column}" = v."{f.attname}"' for f in written)
    key = meta.pk.attname if meta.pk else ""
    sql = (
        f'UPDATE "{meta.db_table}" t SET {sets}'
        f" FROM jsonb_to_recordset(%s::jsonb) AS v ({columns})"
        f' WHERE t."{key}" = v."{key}"'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(values, default=str)])
