"""Advisory locks that serialise concurrent imports."""

from django.db import connection

IMPORT = "import"  # held by whatever stores products in bulk


def lock_until_commit(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
