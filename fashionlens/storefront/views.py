"""The front page, product pages and suggestions."""

from django.core.paginator import InvalidPage, Paginator
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_cookie

from catalog.filters import ParameterError
from catalog.listing import PAGE_SIZE, Listing
from catalog.models import Product
from catalog.suggestions import suggest
from catalog.words import WordsError
from fashionlens.storefront.clicks import record_click
from fashionlens.storefront.error_pages import bad_request, not_found, parameter_error
from fashionlens.storefront.forms import SORTS, BrowseForm
from fashionlens.storefront.recently_viewed import forget, remember
from fashionlens.storefront.recommendations import (
    because_recently_viewed,
    recommend,
    when_available,
)
from fashionlens.storefront.search_forms import PhotoForm
from search.events.list_ids import new_list_id
from search.models import Event
from search.query.similar import is_pending, similar_products
from search.recommend.recommendations import goes_with

SUGGESTIONS_AGE_S = 60


@require_safe
@vary_on_cookie
@cache_control(private=True)
def home(request: HttpRequest) -> TemplateResponse:
    form = BrowseForm(request.GET)
    if not form.is_valid():
        return bad_request(request, form.messages)
    wish = form.cleaned_data
    try:
        listing = Listing(form.filters(), wish["q"])
        listing.filters.check()
    except ParameterError as error:
        return parameter_error(request, error)
    products = listing.products.with_photos()
    if order := SORTS[wish["sort"]]:
        products = products.order_by(*order)
    try:
        page = Paginator(products, PAGE_SIZE).page(request.GET.get("page", 1))
    except InvalidPage:
        return not_found(request, "The list does not have this page.")
    listing.report_count(page.paginator.count)
    chosen = [value for value in listing.facets.categories if value.chosen]
    at_home = not (wish["q"] or listing.filters)
    context = {
        **{"form": form, "wish": wish, "listing": listing, "page": page},
        "category": chosen[0] if len(chosen) == 1 else None,
        **{"at_home": at_home, "front": at_home and page.number == 1},
    }
    if context["front"]:
        context["photo_form"] = PhotoForm()
        context["because_viewed"] = because_recently_viewed(request)
    elif wish["q"]:
        context["list_id"] = new_list_id(Event.Listing.WORDS)
    return TemplateResponse(request, "storefront/home.html", context)


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Return options for the list below the search field."""
    try:
        options = suggest(request.GET.get("q", ""))
    except WordsError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain")
    response = TemplateResponse(
        request, "storefront/_suggestions.html", {"suggestions": options}
    )
    patch_cache_control(response, public=True, max_age=SUGGESTIONS_AGE_S)
    return response


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
