"""Begin and end sales by their dates.

Lists filter and sort by an index on the price of now, which a database cannot compute
from a date. A row therefore says whether its sale is on, and a task of every minute
compares that with the dates.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from catalog.announcements.signals import products_changed
from catalog.variants.stock import lock_products

SALE_FIELDS = {"sale_price_cents", "sale_starts", "sale_ends"}
CHUNK = 1000
_DUE = """(sale_price_cents IS NOT NULL OR on_sale) AND on_sale <> (
    sale_price_cents IS NOT NULL
    AND (sale_starts IS NULL OR sale_starts <= %(now)s)
    AND (sale_ends IS NULL OR %(now)s < sale_ends)
)"""
_FIND = f"SELECT id FROM catalog_product WHERE {_DUE} ORDER BY id LIMIT {CHUNK}"
_CHANGE = f"""
UPDATE catalog_product SET on_sale = NOT on_sale, updated = %(now)s
WHERE id = ANY(%(products)s) AND {_DUE}
RETURNING id
"""


def is_on_sale(
    sale_price_cents: int | None, starts: datetime | None, ends: datetime | None
) -> bool:
    now = timezone.now()
    is_started = starts is None or starts <= now
    is_over = ends is not None and ends <= now
    return sale_price_cents is not None and is_started and not is_over


def apply_all_sales() -> int:
    """Begin and end what is due in the whole shop; return the number of products."""
    count = 0
    now = timezone.now()
    for products in _due(now):
        with transaction.atomic():
            lock_products(products)
            apply_sales(products, now=now)
        count += len(products)
    return count


def apply_sales(products: Collection[int], *, now: datetime | None = None) -> None:
    """Begin and end what is due of these products, which the caller has locked."""
    values = {"products": list(products), "now": now or timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, values)  # type: ignore[arg-type]
        changed = [pk for (pk,) in cursor.fetchall()]
    if changed:
        products_changed.send(None, products=changed)


def _due(now: datetime) -> Iterator[list[int]]:
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_FIND, {"now": now})
            found = [pk for (pk,) in cursor.fetchall()]
        if not found:
            return
        yield found
