"""Photo search: by form and redirect, or by htmx on the same page."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.core.paginator import InvalidPage
from django.db.models import prefetch_related_objects
from django.http import (
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import push_url, retarget
from rest_framework.exceptions import ValidationError

from catalog.filters import ParameterError
from catalog.models import Product
from catalog.photos.remote import AddressError
from fashionlens.storefront.error_pages import not_found, parameter_error, reasons
from fashionlens.storefront.htmx import HtmxRequest, page_or_fragment
from fashionlens.storefront.lists import filters_response, only_category, page_of_hits
from fashionlens.storefront.parameters import (
    KEPT,
    REFINEMENT,
    known_parameters,
    read_refinement,
    read_search,
    read_start,
    sort_labels,
    sort_of,
)
from fashionlens.storefront.photo_form import PhotoForm
from ml.preprocess import PhotoError
from search.events.record import record_empty_search
from search.query.kept_search import (
    KeptSearch,
    NoGarment,
    QueryExpired,
    find_start_picture,
    get_search,
    kept_time,
    start_search,
)
from search.query.query_upload import QueryPhotoHandler


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HtmxRequest) -> HttpResponse:
    request.upload_handlers = [QueryPhotoHandler(request)]
    return _search(request)


@page_or_fragment
def _search(request: HtmxRequest) -> HttpResponse:
    if request.method != "POST":
        return _start(request)
    try:
        kept = start_search(*read_search(request.POST, request.FILES))
    except NoGarment:
        return _no_garment(request)
    except (PhotoError, AddressError, ParameterError, ValidationError) as error:
        return _refuse(request, reasons(error))
    parameters = urlencode(known_parameters(request.POST, REFINEMENT))
    url = reverse("storefront:results", args=[kept.id])
    url = f"{url}?{parameters}".removesuffix("?")
    if not request.htmx:
        return HttpResponseRedirect(url, status=303)
    # The fragment is the one of the results' own address: its links go on from there.
    request.GET = QueryDict(parameters)
    try:
        return push_url(_results(request, kept), url)
    except QueryExpired:  # its encoder was retired in between
        return push_url(_expired(request, kept.id), url)


def _start(request: HtmxRequest) -> HttpResponse:
    """Return the form: empty, or with a photo of ?product=SKU (and &image=ID)."""
    try:
        picture = find_start_picture(read_start(request.GET))
    except (ParameterError, ValidationError) as error:
        return parameter_error(request, error)
    return _render(request, {"start_picture": picture})


def _no_garment(request: HtmxRequest) -> HttpResponse:
    """Return what to do; in the browser the photo stays, to choose a part of it."""
    context: dict[str, object] = {
        "start_picture": find_start_picture(read_start(request.POST)),
        "refinement_words": request.POST.get("words", ""),
    }
    fragment = _render(request, context, "storefront/search/_no_garment.html")
    return push_url(fragment, reverse("storefront:search"))


def _refuse(request: HtmxRequest, errors: list[str]) -> HttpResponse:
    context: dict[str, object] = {
        "photo_form": PhotoForm(errors, request.POST.get("address", ""))
    }
    if not request.htmx:
        return _render(request, context, status=422)
    fragment = TemplateResponse(
        request, "storefront/search/_errors.html", context, status=422
    )
    return retarget(fragment, "#photo-message")


def _of_kept_search(
    show: Callable[[HtmxRequest, KeptSearch], HttpResponse],
) -> Callable[[HtmxRequest, str], HttpResponse]:
    """Give a view the search that its address names, as the parameters refine it."""

    @wraps(show)
    def view(request: HtmxRequest, query_id: str) -> HttpResponse:
        try:
            refinement = read_refinement(request.GET)
            return show(request, get_search(query_id=query_id, refinement=refinement))
        except (ParameterError, ValidationError) as error:
            return parameter_error(request, error)
        except QueryExpired:
            return _expired(request, query_id)

    return view


@require_safe
@cache_control(private=True)
@page_or_fragment
@_of_kept_search
def results(request: HtmxRequest, kept: KeptSearch) -> HttpResponse:
    return _results(request, kept)


@require_safe
@cache_control(private=True)
@page_or_fragment
@_of_kept_search
def result_filters(request: HtmxRequest, kept: KeptSearch) -> HttpResponse:
    """Return the filters of a search with their counts."""
    context = {
        "facets": kept.count_facets(),
        "filters": kept.refinement.filters,
        "parameters": known_parameters(request.GET, KEPT),
        "list_path": reverse("storefront:results", args=[kept.id]),
        "target": "#results",
    }
    return filters_response(request, context)


def _results(request: HtmxRequest, kept: KeptSearch) -> TemplateResponse:
    try:
        page = page_of_hits(kept.all_hits(), request.GET.get("page", 1))
    except InvalidPage:
        return not_found(request, _("The results do not have this page."))
    if kept.count == 0:
        record_empty_search(kept)
    shown = kept.results_page(page.number)
    # The number of a result's photo is counted among those of its product.
    prefetch_related_objects([result.product for result in shown], "images")
    context = {
        "search": kept,
        "parameters": known_parameters(request.GET, KEPT),
        "results": shown,
        "page": page,
        "filters": kept.refinement.filters,
        "filters_path": reverse("storefront:result-filters", args=[kept.id]),
        "category": only_category(kept.refinement.filters),
        "start_picture": kept.load_start_picture(),
        "refining_products": _refining_products(kept),
        "list_path": reverse("storefront:results", args=[kept.id]),
        "query_id": kept.id,
        "kept_time": kept_time(),
        "sort": sort_of(kept.refinement),
        "sorts": sort_labels(by_relevance=True),
    }
    return _render(request, context, "storefront/search/_results.html")


def _expired(request: HtmxRequest, query_id: str) -> TemplateResponse:
    """Return 410; the page repeats the search with a photo chosen again."""
    context: dict[str, object] = {
        "query_id": query_id,
        "refinement_words": request.GET.get("words", ""),
        "kept_time": kept_time(),
    }
    return _render(request, context, "storefront/search/_expired.html", 410)


def _refining_products(kept: KeptSearch) -> list[tuple[str, Product]]:
    named = [("like", sku) for sku in kept.refinement.like]
    named += [("dislike", sku) for sku in kept.refinement.dislike]
    if not named:
        return []
    products = Product.objects.published().with_photos()
    by_sku = {each.sku: each for each in products.with_skus([sku for _, sku in named])}
    return [(name, by_sku[sku]) for name, sku in named if sku in by_sku]


def _render(
    request: HtmxRequest,
    context: dict[str, object],
    fragment: str = "storefront/search/_how_it_works.html",
    status: int = 200,
) -> TemplateResponse:
    """Return the search page around the fragment, or to htmx the fragment alone."""
    context = {
        "photo_form": PhotoForm(),
        "parameters": known_parameters(request.GET, REFINEMENT),
        "fragment": fragment,
        **context,
    }
    template = fragment if request.htmx else "storefront/search/search.html"
    return TemplateResponse(request, template, context, status=status)
