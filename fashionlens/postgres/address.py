"""DATABASE_URL: read by libpq's own rules, so that it means what it means to psql."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

SCHEMES = ("postgres", "postgresql", "psql", "pgsql")
# Several hosts may be named: the first that answers is used.
_HOSTS = re.compile(r"(^|,)(\[[^\]]*\]|[^:,\[\]]*)(:\d*)?(?=,|$)")
# Django's name -> libpq's. All others are options of the connection.
_NAMES = {
    "NAME": "dbname",
    "USER": "user",
    "PASSWORD": "password",
    "HOST": "host",
    "PORT": "port",
}


def read_database(
    url: str, *, pooled: bool = False, variable: str = "DATABASE_URL"
) -> dict[str, Any]:
    """Return Django's settings of the database. Raises ImproperlyConfigured.

    `pooled` connections go through PgBouncer in transaction mode. The variable that
    holds the URL is named in errors.
    """
    _ensure_known_parameters(url, pooled, variable)
    scheme, _, rest = url.partition("://")
    try:
        if scheme not in SCHEMES:
            raise ProgrammingError("not a URL of Postgres")
        parameters = conninfo_to_dict(f"postgresql://{rest}")
    except (ProgrammingError, UnicodeDecodeError):
        raise _invalid(variable) from None
    if not {"dbname", "service"} & parameters.keys():
        raise ImproperlyConfigured(
            f"{variable} names no database. Add its name: postgres://host:5432/name."
        )
    settings = {name: parameters.pop(key, "") for name, key in _NAMES.items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **settings,
        "OPTIONS": parameters,
        # A cursor of the server lives in one of its sessions; the pooler gives the
        # next transaction another one.
        "DISABLE_SERVER_SIDE_CURSORS": pooled,
    }


def _ensure_known_parameters(url: str, pooled: bool, variable: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _invalid(variable) from None
    # First: with / # ? in a password, the rest of it looks like parameters.
    hosts = parts.netloc.rpartition("@")[2]
    if _HOSTS.sub("", hosts):
        raise _invalid(variable)
    given = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    known = {each.keyword.decode() for each in Conninfo.get_defaults()}
    if unknown := sorted(given - known):
        raise ImproperlyConfigured(
            f"{variable} has the parameter {', '.join(unknown)}, which Postgres does"
            " not know. Remove it."
        )
    if pooled and "options" in given:
        raise ImproperlyConfigured(
            f"{variable} has the parameter options, which PgBouncer refuses"
            " (PGBOUNCER=1). Remove it and set them in the database: ALTER ROLE name"
            " SET search_path = shop."
        )


def _invalid(variable: str) -> ImproperlyConfigured:
    # Without the URL, which contains a password.
    return ImproperlyConfigured(
        f"{variable} is not valid. Set it to postgres://user:password@host:5432/name,"
        " and write % / # ? in the password as %25 %2F %23 %3F."
    )
