"""The front page and the suggestions below its search field."""

from django.core.paginator import InvalidPage, Paginator
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
)
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie
from rest_framework.exceptions import ValidationError

from catalog.filters import Filters, ParameterError
from catalog.listing import PAGE_SIZE, Listing
from catalog.suggestions import suggest
from catalog.words import WordsError
from fashionlens.storefront.error_pages import not_found, parameter_error
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
@vary_on_cookie
@cache_control(private=True)
def home(request: HttpRequest) -> TemplateResponse:
    try:
        values = read_listing(request.GET)
        listing = Listing(Filters.from_parameters(values), values["q"])
        listing.filters.check()
    except (ValidationError, ParameterError) as error:
        return parameter_error(request, error)
    products = listing.products.with_photos()
    if order := order_by(values["sort"]):
        products = products.order_by(*order)
    try:
        page = Paginator(products, PAGE_SIZE).page(request.GET.get("page", 1))
    except InvalidPage:
        return not_found(request, "The list does not have this page.")
    listing.report_count(page.paginator.count)
    categories = [value for value in listing.facets.categories if value.chosen]
    is_whole_shop = not (listing.words or listing.filters)
    context = {
        "listing": listing,
        "page": page,
        "words": listing.words,
        "sort": values["sort"],
        "sorts": sort_labels(listing.words),
        "parameters": known_parameters(request.GET, LISTING),
        "category": categories[0] if len(categories) == 1 else None,
        "is_whole_shop": is_whole_shop,
        "is_front_page": is_whole_shop and page.number == 1,
    }
    if context["is_front_page"]:
        context["photo_form"] = PhotoForm()
        context["because_viewed"] = because_recently_viewed(request)
    elif listing.words:
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
