from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import override
from django.utils.translation.trans_real import parse_accept_lang_header

from fashionlens.languages.addresses import address_in, language_of

COOKIE = "language"  # of a shopper who chose one, set by shop.js
_ENGLISH = ("/admin/", "/api/")


class PageLanguage:
    """Show pages in the language of their address.

    Only the front page asks the browser: any other address is one that somebody chose.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith(_ENGLISH):
            return self._answer(request, settings.LANGUAGE_CODE)
        language = language_of(path)
        if path != "/" or request.GET or request.method not in ("GET", "HEAD"):
            return self._answer(request, language)
        preferred = _preferred_language(request)
        chosen = _chosen_language(request) or preferred
        if chosen == language:
            response = self._answer(request, language)
        else:
            response = HttpResponseRedirect(address_in(chosen, path))
        # Shared caches keep what the header alone decides.
        patch_vary_headers(response, ["Accept-Language"])
        if preferred != language or chosen != language:
            patch_cache_control(response, private=True)
        return response

    def _answer(self, request: HttpRequest, language: str) -> HttpResponse:
        with override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def _chosen_language(request: HttpRequest) -> str | None:
    if (chosen := request.COOKIES.get(COOKIE)) in dict(settings.LANGUAGES):
        return chosen
    # Whoever comes from another page of the shop has seen its languages.
    referer = urlsplit(request.headers.get("Referer", ""))
    return settings.PAGES_LANGUAGE if referer.netloc == request.get_host() else None


def _preferred_language(request: HttpRequest) -> str:
    header = request.headers.get("Accept-Language", "")
    for wanted, _ in parse_accept_lang_header(header):
        if (language := wanted.partition("-")[0]) in dict(settings.LANGUAGES):
            return language
    return settings.PAGES_LANGUAGE
