"""Clicks on products in lists: the link of a product names its list and place."""

from urllib.parse import urlsplit

from django.http import HttpRequest

from catalog.models import Product
from search.events.record import ReportedEvent, record_quietly
from search.models import Event
from search.query.nearest import MAX_K


def record_click(request: HttpRequest, product: Product) -> None:
    list_id, place = request.GET.get("q", ""), request.GET.get("p", "")
    if list_id and _is_place(place) and _is_from_this_shop(request):
        record_quietly(
            ReportedEvent(Event.Kind.CLICK, list_id, int(place), [product.sku])
        )


def _is_place(text: str) -> bool:
    return text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MAX_K


def _is_from_this_shop(request: HttpRequest) -> bool:
    # Robots, bookmarks and links that were passed on are not clicks.
    referer = urlsplit(request.headers.get("Referer", ""))
    return referer.netloc == request.get_host()
