"""System checks of the database server, run by `migrate` too."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import ProgrammingError, connection, transaction

from fashionlens.postgres.jit import is_jit_on

# Name -> what to install on the server.
EXTENSIONS = {
    "vector": "pgvector 0.8.4 or newer (Debian: postgresql-18-pgvector)",
    "pg_trgm": "the contrib modules of Postgres (Debian: part of postgresql-18)",
}


@register(Tags.database)
def check_server(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    if "default" not in (databases or ()):
        return []
    found = [error for name in EXTENSIONS if (error := _check_extension(name))]
    if is_migrated() and is_jit_on():
        found.append(_jit_is_on())
    return found


def is_migrated() -> bool:
    return "django_migrations" in connection.introspection.table_names()


def _check_extension(name: str) -> CheckMessage | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT installed_version FROM pg_available_extensions WHERE name = %s",
            [name],
        )
        row = cursor.fetchone()
    if row is None:
        return Error(
            f"The extension {name} is not installed on the database server.",
            hint=f"Install {EXTENSIONS[name]} there.",
            id="database.E001",
        )
    if row[0] is None and (reason := _refusal(name)):
        database = connection.settings_dict["NAME"]
        return Error(
            f"The extension {name} is missing, and this role may not create it:"
            f" {reason}",
            hint=f"As an administrator of the server, run in the database {database}:"
            f" CREATE EXTENSION {name};",
            id="database.E002",
        )
    return None


def _refusal(name: str) -> str:
    """Return why the extension cannot be created; try it, and undo it."""
    # Managed servers have rules of their own, which no catalogue tells.
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'CREATE EXTENSION "{name}"')
            transaction.set_rollback(True)
    except ProgrammingError as error:
        return str(error).splitlines()[0]
    return ""


def _jit_is_on() -> CheckMessage:
    return Warning(
        "JIT compilation is on: exact searches take up to 25 times as long.",
        hint="Run manage.py migrate, and restart web and workers; if it stays on, run"
        " ALTER DATABASE name SET jit = off as the owner of the database.",
        id="database.W001",
    )
