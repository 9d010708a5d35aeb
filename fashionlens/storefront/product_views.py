"""Product pages, and what the shop remembers of them for a shopper."""

from urllib.parse import urlsplit

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_cookie
from rest_framework.exceptions import ValidationError

from catalog.filters import ParameterError
from catalog.former_slugs.addresses import new_product_address
from catalog.models import Product
from fashionlens.storefront.error_pages import not_found, parameter_error
from fashionlens.storefront.htmx import HtmxRequest, page_or_fragment
from fashionlens.storefront.http.html import set_etag_without
from fashionlens.storefront.parameters import read_weights
from fashionlens.storefront.recently_viewed import (
    forget,
    remember,
    viewed_products,
)
from fashionlens.storefront.recommendations import (
    Recommendations,
    because_recently_viewed,
    outfit_list,
    similar_list,
)
from search.events.record import ReportedEvent, record_quietly
from search.models import Event
from search.query.nearest import MAX_K

MAX_OTHER_COLOURS = 24
MAX_FAVOURITES = 100
NOT_IN_SHOP = gettext_lazy("This product is not in the shop.")


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        rows = Product.objects.published().with_photos().prefetch_related("variants")
        product = rows.get(slug=slug)
    except Product.DoesNotExist:
        if address := new_product_address(slug):
            return HttpResponsePermanentRedirect(address)
        return not_found(request, str(NOT_IN_SHOP))
    colours = Product.objects.published().in_other_colours(product).with_photos()
    context: dict[str, object] = {
        "product": product,
        "sizes": [each for each in product.variants.all() if each.size],
        "other_colours": colours[:MAX_OTHER_COLOURS],
    }
    try:
        if product.cover:
            context |= similar_list(product, read_weights(request.GET))
    except (ParameterError, ValidationError) as error:
        return parameter_error(request, error)
    response = TemplateResponse(request, "storefront/product.html", context)
    if isinstance(similar := context.get("similar"), Recommendations):
        set_etag_without(response, similar.list_id)
    is_prefetch = "prefetch" in request.headers.get("Sec-Purpose", "")
    if request.method == "GET" and not is_prefetch:
        _record_click(request, product)
    return response


def _record_click(request: HttpRequest, product: Product) -> None:
    """Record a click in a list: the link names the list and the place in it."""
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


@require_safe
@vary_on_cookie
@cache_control(private=True)
@page_or_fragment
def more(request: HtmxRequest, slug: str) -> TemplateResponse:
    """Return what goes with a product and what goes with those viewed before.

    The product's page loads it when all else is shown. `shown` names the products that
    are on that page.
    """
    try:
        product = Product.objects.published().select_related("category").get(slug=slug)
    except Product.DoesNotExist:
        return not_found(request, str(NOT_IN_SHOP))
    outfit = outfit_list(product)
    shown = [int(pk) for pk in request.GET.get("shown", "").split(".") if _is_id(pk)]
    shown += [result.product.pk for result in outfit.results]
    context = {
        "product": product,
        "outfit": outfit,
        "viewed": viewed_products(request, but=product),
        "because_viewed": because_recently_viewed(request, product, shown=shown),
        "next": product.get_absolute_url(),
    }
    name = "_more.html" if request.htmx else "more.html"
    response = TemplateResponse(request, f"storefront/product/{name}", context)
    # Here, because the page itself is the same for everybody.
    remember(request, response, product.pk)
    return response


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


@require_safe
def favourites(request: HtmxRequest) -> HttpResponse:
    """Return the page, whose script adds the products that the browser has kept.

    With `sku` it shows those products, to the script and to whom the address is sent.
    """
    skus = list(dict.fromkeys(request.GET.getlist("sku")))[:MAX_FAVOURITES]
    context: dict[str, object] = {"products": None}
    if skus:
        rows = Product.objects.published().with_photos().with_skus(skus)
        by_sku = {product.sku: product for product in rows}
        products = [by_sku[sku] for sku in skus if sku in by_sku]
        context = {"products": products, "missing": len(skus) - len(products)}
    name = "_favourites.html" if request.htmx else "favourites.html"
    response = TemplateResponse(request, f"storefront/{name}", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def forget_recently_viewed(request: HttpRequest) -> HttpResponse:
    address = request.POST.get("next", "")
    is_safe = url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    if not is_safe:
        address = reverse("storefront:home")
    response = HttpResponseRedirect(address, status=303)
    forget(response)
    return response
