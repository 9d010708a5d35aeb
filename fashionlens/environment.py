"""Settings from the environment, with errors that name the variable.

Errors do not repeat URLs, which may contain a password.
"""

import logging
import re
from pathlib import Path
from ssl import CERT_REQUIRED
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from iso4217 import Currency

FALSE = ("false", "off", "n", "no", "0", "")
# Codes of languages -> Postgres's text search configurations.
TEXT_LANGUAGES = {
    **{"ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek"},
    **{"en": "english", "es": "spanish", "et": "estonian", "eu": "basque"},
    **{
        "fi": "finnish",
        "fr": "french",
        "ga": "irish",
        "hi": "hindi",
        "hu": "hungarian",
    },
    **{"hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian"},
    **{"ne": "nepali", "nl": "dutch", "nb": "norwegian", "no": "norwegian"},
    **{"pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian"},
    **{
        "sr": "serbian",
        "sv": "swedish",
        "ta": "tamil",
        "tr": "turkish",
        "yi": "yiddish",
    },
    **{"ja": "simple", "ko": "simple", "th": "simple", "zh": "simple"},
}
CACHE_SCHEMES = ("redis", "rediss", "unix")
# Parameters of a rediss:// URL: who signed the server's certificate, and our own.
TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


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
            raise self._error(var, form) from None
        if cast is bool and not value and self._text(var) not in FALSE:
            raise self._error(var, "1 or 0")
        # Spaces after commas are not part of a value.
        return [each.strip() for each in value] if cast is list else value

    # `str` would read a value that begins with $ as the name of another variable.
    def raw(self, var: str) -> str:
        return self.ENVIRON.get(var, "")

    def path_prefix(self, var: str) -> str | None:
        path = self.str(var, "").rstrip("/")
        if path and not re.fullmatch(r"(/[\w.~-]+)+", path):
            raise self._error(var, "a path such as /shop")
        return path or None

    def folder_url(self, var: str, default: str) -> str:
        url = self.str(var, default)
        if not re.fullmatch(r"(https?://)?[^?#]*/", url):
            raise self._error(var, "a URL that ends with a slash")
        return url

    def text_language(self, var: str, default: str) -> str:
        language = self._text(var) or default
        return TEXT_LANGUAGES.get(language, language)

    def log_level(self, var: str, default: str) -> str:
        level = self.str(var, default).upper()
        if level not in logging.getLevelNamesMapping():
            raise self._error(var, "DEBUG, INFO, WARNING or ERROR")
        return level

    def rate(self, var: str, default: str) -> str:
        rate = self.str(var, default)
        if not re.fullmatch(r"([1-9]\d{0,8}/(s|sec|m|min|h|hour|d|day))?", rate):
            form = "a rate such as 600/min (sec, hour, day), or leave it empty"
            raise self._error(var, form)
        return rate

    def currency(self, var: str, default: str) -> str:
        code = self.str(var, default).upper()
        codes = {each.code for each in Currency if each.exponent is not None}
        if code not in codes:
            raise self._error(var, "a currency of ISO 4217, such as EUR")
        return code

    def _error(self, var: str, form: str) -> ImproperlyConfigured:
        return ImproperlyConfigured(
            f"{var} is {self.ENVIRON.get(var, '')!r}. Set it to {form}."
        )

    def _text(self, var: str) -> str:
        return self.ENVIRON.get(var, "").strip().lower()


def ensure_cache_address(var: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        is_valid = parts.port != 0 and parts.scheme in CACHE_SCHEMES
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ImproperlyConfigured(
            f"{var} is not valid. Set it to redis://host:6379/0, and write % / # ? in"
            " a password as %25 %2F %23 %3F."
        )
    if parts.scheme == "rediss":
        read_redis_tls(var, url)


def read_redis_tls(var: str, url: str) -> dict[str, Any]:
    """Return how TLS connections to a rediss:// URL are verified, for redis-py.

    Raises ImproperlyConfigured.
    """
    given = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    if unknown := sorted(given.keys() - TLS_FILES):
        raise ImproperlyConfigured(
            f"{var} has the parameter {', '.join(unknown)}. Remove it: certificates"
            f" are always verified, and the parameters are {', '.join(TLS_FILES)}."
        )
    for name, path in given.items():
        if not Path(path).is_file():
            raise ImproperlyConfigured(
                f"{var} has {name}={path}, which is no file. Name a file in PEM format."
            )
    return {**given, "ssl_cert_reqs": CERT_REQUIRED, "ssl_check_hostname": True}
