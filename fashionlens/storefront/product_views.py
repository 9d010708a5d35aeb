"""Product pages, and what the shop remembers of them for a shopper."""

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_cookie

from catalog.models import Product
from fashionlens.storefront.availability import when_available
from fashionlens.storefront.clicks import record_click
from fashionlens.storefront.error_pages import not_found
from fashionlens.storefront.recently_viewed import forget, remember
from fashionlens.storefront.recommendations import (
    because_recently_viewed,
    recommend,
)
from search.models import Event
from search.query.similar import is_pending, similar_products
from search.recommend.recommendations import goes_with


@require_safe
@vary_on_cookie
@cache_control(private=True)
def product(request: HttpRequest, slug: str) -> TemplateResponse:
    try:
        product = Product.objects.published().with_photos().get(slug=slug)
    except Product.DoesNotExist:
        return not_found(request, "This product is not in the shop.")
    context: dict[str, object] = {"product": product}
    shown = []
    if product.cover:
        similar = recommend(
            Event.Listing.SIMILAR, lambda: similar_products(product=product), product
        )
        outfit = recommend(
            Event.Listing.GOES_WITH, lambda: goes_with(product=product), product
        )
        shown = [similar, outfit]
        context |= {"similar": similar, "outfit": outfit}
        if not similar.results:
            context["similar_pending"] = when_available(
                lambda: is_pending(product), True
            )
    context["because_viewed"] = because_recently_viewed(request, product, shown=shown)
    response = TemplateResponse(request, "storefront/product.html", context)
    is_prefetch = "prefetch" in request.headers.get("Sec-Purpose", "")
    if request.method == "GET" and not is_prefetch:
        remember(request, response, product.pk)
        record_click(request, product)
    return response


@require_POST
def forget_recently_viewed(request: HttpRequest) -> HttpResponse:
    address = request.POST.get("next", "")
    is_safe = url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(address if is_safe else "/", status=303)
    forget(response)
    return response
