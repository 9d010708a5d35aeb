"""The front page and the suggestions below its search field."""

from django.core.paginator import InvalidPage
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from catalog.filters import Filters, ParameterError
from catalog.listing import Listing
from catalog.suggestions import suggest
from catalog.words import WordsError
from fashionlens.storefront.error_pages import not_found, parameter_error
from fashionlens.storefront.htmx import HtmxRequest, page_or_fragment
from fashionlens.storefront.lists import (
    ListingPaginator,
    filters_response,
    only_category,
)
from fashionlens.storefront.parameters import (
    LISTING,
    known_parameters,
    order_by,
    read_listing,
    sort_labels,
)
from fashionlens.storefront.photo_form import PhotoForm
from fashionlens.storefront.recommendations import (
    because_recently_viewed,
)
from search.events.list_ids import new_list_id
from search.models import Event

SUGGESTIONS_AGE_S = 60


@require_safe
def home(request: HtmxRequest) -> HttpResponse:
    try:
        listing, sort = _read_listing(request)
        page = ListingPaginator(listing, order_by(sort)).page(
            request.GET.get("page", 1)
        )
    except (ValidationError, ParameterError) as error:
        return parameter_error(request, error)
    except InvalidPage:
        return not_found(request, _("The list does not have this page."))
    listing.report_count()
    is_whole_shop = not (listing.words or listing.filters)
    context = {
        "listing": listing,
        "page": page,
        "words": listing.words,
        "sort": sort,
        "sorts": sort_labels(by_relevance=bool(listing.words)),
        "parameters": known_parameters(request.GET, LISTING),
        "category": only_category(listing.filters),
        "filters_path": reverse("storefront:filters"),
        "is_whole_shop": is_whole_shop,
        "is_front_page": is_whole_shop and page.number == 1,
    }
    if context["is_front_page"]:
        context["photo_form"] = PhotoForm()
        context["because_viewed"] = because_recently_viewed(request)
    elif listing.words:
        context["list_id"] = new_list_id(Event.Listing.WORDS)
    name = "listing/_listing.html" if request.htmx else "home.html"
    response = TemplateResponse(request, f"storefront/{name}", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@page_or_fragment
def filters(request: HtmxRequest) -> HttpResponse:
    """Return the filters of a list with their counts."""
    try:
        listing = _read_listing(request)[0]
    except (ValidationError, ParameterError) as error:
        return parameter_error(request, error)
    context = {
        "facets": listing.facets,
        "filters": listing.filters,
        "words": listing.words,
        "parameters": known_parameters(request.GET, LISTING),
        "list_path": reverse("storefront:home"),
        "target": "#listing",
    }
    return filters_response(request, context)


def _read_listing(request: HttpRequest) -> tuple[Listing, str]:
    """Return the listing and how it is sorted.

    Raises ValidationError and ParameterError.
    """
    values = read_listing(request.GET)
    listing = Listing(Filters.from_parameters(values), values["q"])
    listing.filters.check()
    return listing, values["sort"]


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
