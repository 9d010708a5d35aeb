"""The languages of the shop's pages: that of the shop has the plain addresses, others
have a prefix, as in /de/search/. The admin, the API and commands speak English."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_script_prefix
from django.urls.resolvers import LocalePrefixPattern
from django.utils.translation import get_language


class LanguagePrefix(LocalePrefixPattern):
    """The prefix of the active language; none outside the pages."""

    @property
    def language_prefix(self) -> str:
        return prefix_of(get_language())


def in_every_language(*urls: URLPattern | URLResolver) -> list[URLResolver]:
    patterns: Sequence[Any] = list(urls)
    return [URLResolver(LanguagePrefix(), patterns)]


def prefix_of(language: str | None) -> str:
    is_own = language == settings.PAGES_LANGUAGE
    return f"{language}/" if language in dict(settings.LANGUAGES) and not is_own else ""


def language_of(path: str) -> str:
    """Return the language of the page at a path without SCRIPT_NAME."""
    first = path.lstrip("/").partition("/")[0]
    return first if prefix_of(first) else settings.PAGES_LANGUAGE


def without_prefix(path: str) -> str:
    return "/" + path.removeprefix("/").removeprefix(prefix_of(language_of(path)))


def address_in(language: str, path: str) -> str:
    """Return the address of the page at a path without SCRIPT_NAME."""
    rest = without_prefix(path).removeprefix("/")
    return f"{get_script_prefix()}{prefix_of(language)}{rest}"
