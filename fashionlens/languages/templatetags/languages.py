"""The languages of a page, and names of the shop's own vocabulary in them."""

from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.utils.translation import get_language

from fashionlens.languages.addresses import address_in, language_of, prefix_of
from fashionlens.languages.vocabulary import translate_name

register = template.Library()


class LanguageLink(NamedTuple):
    code: str
    name: str
    address: str  # of this page
    prefix: str  # of all addresses
    is_current: bool


@register.simple_tag(takes_context=True)
def page_languages(context: dict[str, Any]) -> list[LanguageLink]:
    """Return the languages of the page, that of the shop first."""
    if not (request := context.get("request")):
        return []
    path = request.path_info
    current = language_of(path)
    query = request.META.get("QUERY_STRING", "")
    languages = [
        LanguageLink(
            code,
            name,
            f"{address_in(code, path)}?{query}".removesuffix("?"),
            address_in(code, "/"),
            code == current,
        )
        for code, name in settings.LANGUAGES
    ]
    return sorted(languages, key=lambda one: bool(prefix_of(one.code)))


@register.simple_tag
def html_language() -> str:
    language = get_language() or settings.LANGUAGE_CODE
    return "en-GB" if language == "en" else language


@register.filter
def named(name: str, vocabulary: str) -> str:
    return translate_name(vocabulary, name)
