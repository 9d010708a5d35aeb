"""System check of the language of the texts, with `--database default`."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection


@register(Tags.database)
def check_language(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    if "default" not in (databases or ()):
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT cfgname FROM pg_ts_config ORDER BY cfgname")
        known = [name for (name,) in cursor.fetchall()]
    if settings.SHOP_LANGUAGE in known:
        return []
    return [
        Error(
            f"Postgres does not know the language {settings.SHOP_LANGUAGE!r} of"
            " SHOP_LANGUAGE.",
            hint=f"Set it to one of {', '.join(known)}, or to a code such as en.",
            id="catalog.E001",
        )
    ]
