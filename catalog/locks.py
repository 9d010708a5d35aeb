"""Whoever stores what another may be storing too waits for the other."""

from django.db import connection

IMPORT = "import"  # the lock of all that stores products in bulk


def lock_until_commit(name: str) -> None:
    """Wait until no other transaction holds the lock of this name, and hold it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
