"""JIT compilation, which takes longer than it saves for queries of a few milliseconds.

It is switched off in the database: poolers refuse options of a connection, and the
workers of a cluster do not see them.
"""

from typing import Any

from django.db import connection
from psycopg import sql

_STATE = """
SELECT current_database(), current_user,
    (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database
     WHERE datname = current_database()),
    EXISTS (
        SELECT FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
        WHERE datname = current_database() AND 'jit=off' = ANY (setconfig)
            AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = current_user))
    )
"""


def disable_jit(**kwargs: Any) -> None:
    """Switch JIT off for new sessions of the database, or of this role alone."""
    # Only its owner may change settings of a database.
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        database, role, is_owner, is_off = cursor.fetchone()
        if is_off:
            return
        who = sql.SQL("DATABASE {}").format(sql.Identifier(database))
        if not is_owner:
            who = sql.SQL("ROLE {} IN DATABASE {}").format(
                sql.Identifier(role), sql.Identifier(database)
            )
        cursor.execute(sql.SQL("ALTER {} SET jit = off").format(who))


def is_jit_on() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_jit_available() AND current_setting('jit')::bool")
        return cursor.fetchone()[0]
