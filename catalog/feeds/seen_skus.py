"""The SKUs that a feed has named so far."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


class SeenSkus:
    """SKUs in a temporary table, for a set of them would grow with the feed."""

    def add(self, rows: dict[str, int]) -> dict[str, int]:
        """Add SKU -> row number; return those that were there, with their first row."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sku, place FROM feed_skus WHERE sku = ANY(%s)", [list(rows)]
            )
            earlier = dict(cursor.fetchall())
            cursor.executemany(
                "INSERT INTO feed_skus VALUES (%s, %s)",
                [each for each in rows.items() if each[0] not in earlier],
            )
        return earlier

    def unseen(self, skus: list[str]) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT unnest(%s::text[]) EXCEPT SELECT sku FROM feed_skus",
                [skus],
            )
            return [sku for (sku,) in cursor.fetchall()]


@contextmanager
def seen_skus() -> Iterator[SeenSkus]:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE feed_skus (sku text PRIMARY KEY, place int)"
        )
    try:
        yield SeenSkus()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE feed_skus")
