"""What the catalogue's own pages tell the search, of which they know nothing."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from catalog.filters import PARAMETERS
from fashionlens.storefront.recently_viewed import remember
from search.events.record import Happened, found_nothing, record_quietly
from search.models import Event
from search.query.nearest import MAX_K

Respond = Callable[[HttpRequest], HttpResponseBase]


def shoppers(respond: Respond) -> Respond:
    """Remembers what was looked at, in the browser; records clicks on links that name
    their list, and words that found nothing."""

    def respond_and_note(request: HttpRequest) -> HttpResponseBase:
        response = respond(request)
        match = request.resolver_match
        if match and match.view_name in _NOTED and request.method == "GET":
            _NOTED[match.view_name](request, response)
        return response

    return respond_and_note


def _product_page(request: HttpRequest, response: HttpResponseBase) -> None:
    _is_personal(response)
    ahead = "prefetch" in request.headers.get("Sec-Purpose", "")  # nobody looks yet
    if not isinstance(response, TemplateResponse) or response.status_code != 200:
        return
    if ahead or not response.context_data:
        return
    product = response.context_data["product"]
    remember(request, response, product.pk)
    query, place = request.GET.get("q", ""), request.GET.get("p", "")
    if query and _is_place(place) and _from_here(request):
        click = Happened(Event.Kind.CLICK, query, int(place), [product.sku])
        record_quietly(click)


def _is_place(text: str) -> bool:
    return text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MAX_K


def _from_here(request: HttpRequest) -> bool:
    """By a link on a page of ours: no robot, no bookmark and no link sent around."""
    referer = urlsplit(request.headers.get("Referer", ""))
    return referer.netloc == request.get_host()


def _front_page(request: HttpRequest, response: HttpResponseBase) -> None:
    _is_personal(response)
    if isinstance(response, TemplateResponse) and "page" in (
        context := response.context_data or {}
    ):
        _words(request, context["page"].paginator.count)


def _products_of_the_api(request: HttpRequest, response: HttpResponseBase) -> None:
    if response.status_code == 200:
        _words(request, response.data["count"])  # type: ignore[attr-defined]


def _words(request: HttpRequest, count: int) -> None:
    words = request.GET.get("q", "").strip()
    if words and not count:
        found_nothing(
            Event.Listing.WORDS,
            words=words,
            filters=[
                (name, value)
                for name in PARAMETERS
                for value in request.GET.getlist(name)
                if value
            ],
        )


def _is_personal(response: HttpResponseBase) -> None:
    """It shows what its shopper looked at, and may set that cookie."""
    patch_vary_headers(response, ["Cookie"])
    patch_cache_control(response, private=True)


_NOTED: dict[str, Callable[[HttpRequest, HttpResponseBase], None]] = {
    "storefront:home": _front_page,
    "storefront:product": _product_page,
    "api:products": _products_of_the_api,
}
