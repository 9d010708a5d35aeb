"""Keep the availability and stock of products those of their variants.

Lists filter by products alone, so a product has the best state of its variants: in
stock, preorder, backorder, out of stock; the sum of the quantities in it, unless one is
unknown; and the sizes that are not sold out.
Whatever changes variants calls `refresh_stock`. No triggers: a distributed Postgres
takes none on these tables.
"""

from collections.abc import Iterable

from django.db import connection

from catalog.announcements.signals import products_changed

CHUNK = 1000
# Products are always locked before their variants, and in one order.
_LOCK = """
SELECT FROM catalog_product WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
_REFRESH = """
WITH states AS (
    SELECT p.id, v.id IS NULL AS missing, v.quantity,
        v.size, v.position,
        coalesce(v.availability, 'out_of_stock') AS availability,
        CASE
            WHEN v.availability = 'in_stock' AND v.quantity IS DISTINCT FROM 0 THEN 1
            WHEN v.availability = 'preorder' THEN 2
            WHEN v.availability = 'backorder' THEN 3
            WHEN v.availability = 'in_stock' THEN 4
            ELSE 5
        END AS place
    FROM catalog_product p LEFT JOIN catalog_variant v ON v.product_id = p.id
    WHERE p.id = ANY(%s)
), best AS (
    SELECT *, min(place) OVER (PARTITION BY id) AS first FROM states
), buyable AS (
    SELECT id, array_agg(size ORDER BY first, size) AS sizes FROM (
        SELECT id, size, min(position) AS first FROM states
        WHERE size <> '' AND place < 4 GROUP BY id, size
    ) AS each GROUP BY id
), fresh AS (
    SELECT best.id, availability, CASE
        WHEN bool_or(quantity IS NULL AND NOT missing) THEN NULL
        ELSE least(coalesce(sum(quantity), 0), 2147483647)::int
    END AS stock, coalesce(buyable.sizes, '{}') AS sizes
    FROM best LEFT JOIN buyable ON buyable.id = best.id
    WHERE place = first GROUP BY best.id, availability, buyable.sizes
)
UPDATE catalog_product p
SET availability = fresh.availability, stock = fresh.stock, sizes = fresh.sizes,
    updated = now()
FROM fresh
WHERE fresh.id = p.id AND (p.availability, p.stock, p.sizes)
    IS DISTINCT FROM (fresh.availability, fresh.stock, fresh.sizes)
RETURNING p.id
"""
# An SKU may be that of a size that has moved to another product.
_ADD_MISSING = """
INSERT INTO catalog_variant
    (product_id, sku, size, gtin, availability, quantity, position)
SELECT id, sku, '', '', availability, stock, 0 FROM catalog_product p
WHERE id = ANY(%s)
    AND NOT EXISTS (SELECT FROM catalog_variant v WHERE v.product_id = p.id)
ORDER BY id
ON CONFLICT (sku) DO NOTHING
"""
_TAKE = """
UPDATE catalog_variant v SET availability = p.availability, quantity = p.stock
FROM catalog_product p
WHERE p.id = ANY(%s) AND v.product_id = p.id AND v.sku = p.sku
    AND (v.availability, v.quantity) IS DISTINCT FROM (p.availability, p.stock)
"""


def lock_products(products: Iterable[int]) -> None:
    _execute(_LOCK, products)


def refresh_stock(products: Iterable[int]) -> None:
    """Write availability and stock of these products where they differ."""
    changed = _execute(_REFRESH, products)
    if changed:
        products_changed.send(None, products=changed)


def add_missing_variants(products: Iterable[int]) -> None:
    """Give products without a variant one of their own SKU and stock."""
    _execute(_ADD_MISSING, products)


def take_stock(products: Iterable[int]) -> None:
    """Give the variant with a product's SKU what was written to the product."""
    _execute(_TAKE, products)
    refresh_stock(products)


def _execute(sql: str, products: Iterable[int]) -> list[int]:
    ids = sorted(set(products))
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids])
        return [pk for (pk,) in cursor.fetchall()] if "RETURNING" in sql else []
