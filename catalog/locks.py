"""Advisory locks of the database, by name."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

IMPORT = "import"  # held by whatever stores products in bulk


def lock_until_commit(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])


@contextmanager
def try_lock(name: str) -> Iterator[bool]:
    """Hold a lock until the block or the process ends; yield False if it is taken."""
    # A connection of its own, because the block has transactions of its own, and a
    # transaction, because PgBouncer lends sessions by transactions.
    holder = connection.copy()
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [name])
            is_free = cursor.fetchone()[0]
        yield is_free
        holder.rollback()  # close() alone may release it a little later
    finally:
        holder.close()
