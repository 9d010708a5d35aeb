from django.core.paginator import InvalidPage, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from catalog.filters import ParameterError
from catalog.listing import PAGE_SIZE, Listing
from catalog.models import Product
from catalog.suggestions import suggest
from catalog.words import WordsError
from fashionlens.storefront.forms import SORTS, BrowseForm

SUGGESTIONS_AGE_S = 60


@require_safe
def home(request: HttpRequest) -> TemplateResponse:
    """The front page: all products, or those with some words behind some filters."""
    form = BrowseForm(request.GET)
    if not form.is_valid():
        return bad_request(request, form.messages)
    wish = form.cleaned_data
    try:
        listing = Listing(form.filters(), wish["q"])
        listing.filters.check()
    except ParameterError as error:
        return refused(request, error)
    products = listing.products.with_photos()
    if order := SORTS[wish["sort"]]:
        products = products.order_by(*order)
    try:
        page = Paginator(products, PAGE_SIZE).page(request.GET.get("page", 1))
    except InvalidPage:
        return not_found(request, "The list does not have this page.")
    chosen = [value for value in listing.facets.categories if value.chosen]
    at_home = not (wish["q"] or listing.filters)
    context = {
        **{"form": form, "wish": wish, "listing": listing, "page": page},
        "category": chosen[0] if len(chosen) == 1 else None,
        **{"at_home": at_home, "front": at_home and page.number == 1},
    }
    return TemplateResponse(request, "storefront/home.html", context)


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Options for the list beside the search field; empty for too little to go by."""
    try:
        found = suggest(request.GET.get("q", ""))
    except WordsError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain")
    response = TemplateResponse(
        request, "storefront/_suggestions.html", {"suggestions": found}
    )
    patch_cache_control(response, public=True, max_age=SUGGESTIONS_AGE_S)
    return response


@require_safe
def product(request: HttpRequest, slug: str) -> TemplateResponse:
    try:
        found = Product.objects.published().with_photos().get(slug=slug)
    except Product.DoesNotExist:
        return not_found(request, "This product is not in the shop.")
    return TemplateResponse(request, "storefront/product.html", {"product": found})


def refused(request: HttpRequest, error: ParameterError) -> TemplateResponse:
    """A value that the shop does not have is not found; one that cannot be is bad."""
    if error.code.startswith("unknown_"):
        return not_found(request, str(error))
    return bad_request(request, [str(error)])


def not_found(request: HttpRequest, reason: str) -> TemplateResponse:
    """The shop's own page with a way back, with DEBUG on as well."""
    return TemplateResponse(request, "404.html", {"reason": reason}, status=404)


def bad_request(request: HttpRequest, reasons: list[str]) -> TemplateResponse:
    return TemplateResponse(request, "400.html", {"reasons": reasons}, status=400)
