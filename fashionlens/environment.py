"""Reads settings from the environment and says by name what cannot be read.

A password may stand in an address, so what an address holds is never repeated.
"""

import logging
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

FALSE = ("false", "off", "n", "no", "0", "")
CACHE_SCHEMES = ("redis", "rediss", "unix")
DATABASE_SCHEMES = ("postgres", "postgresql", "psql", "pgsql")


class Environment(environ.Env):
    def get_value(
        self,
        var: str,
        cast: Any = None,
        default: Any = environ.Env.NOTSET,
        parse_default: bool = False,
    ) -> Any:
        try:
            value = super().get_value(var, cast, default, parse_default)
        except ValueError:
            form = "a whole number" if cast is int else "NAME=VALUE,NAME=VALUE"
            raise self._refusal(var, form) from None
        if cast is bool and not value and self._text(var) not in FALSE:
            raise self._refusal(var, "1 or 0")
        # A space after a comma belongs to no host and no address.
        return [each.strip() for each in value] if cast is list else value

    def as_it_is(self, var: str) -> str:
        return self.ENVIRON.get(var, "")

    def log_level(self, var: str, default: str) -> str:
        level = self.str(var, default).upper()
        if level not in logging.getLevelNamesMapping():
            raise self._refusal(var, "DEBUG, INFO, WARNING or ERROR")
        return level

    def _refusal(self, var: str, form: str) -> ImproperlyConfigured:
        return ImproperlyConfigured(
            f"{var} is {self.ENVIRON.get(var, '')!r}: write it as {form}."
        )

    def _text(self, var: str) -> str:
        return self.ENVIRON.get(var, "").strip().lower()


def read_database(url: str) -> dict[str, Any]:
    try:
        if urlsplit(url).scheme in DATABASE_SCHEMES:
            return environ.Env.db_url_config(url)
    except ValueError:  # a password with / # ? in it looks like a port
        pass
    raise ImproperlyConfigured(
        "DATABASE_URL cannot be read: write it as"
        " postgres://user:password@host:5432/name, and in the password % / # ? as"
        " %25 %2F %23 %3F."
    )


def ensure_cache_address(var: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        if parts.port != 0 and parts.scheme in CACHE_SCHEMES:
            return
    except ValueError:
        pass
    raise ImproperlyConfigured(
        f"{var} cannot be read: write it as redis://host:6379/0, and in a password"
        " % / # ? as %25 %2F %23 %3F."
    )
