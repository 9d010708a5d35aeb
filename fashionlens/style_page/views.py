from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.filters import Filters
from catalog.suggestions import Suggestion
from fashionlens.storefront.parameters import FILTERS, sort_labels
from fashionlens.storefront.photo_form import PhotoForm
from fashionlens.style_page import samples


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Show every component of the pages in every state, while DEBUG is on."""
    if not settings.DEBUG:
        raise Http404
    cards = samples.make_cards()
    filters = samples.make_filters()
    context = {
        "cards": cards,
        "sizes": samples.make_sizes(),
        "facets": samples.make_facets(),
        "filters": filters,
        "filter_names": FILTERS,
        "colours": samples.make_colours(),
        "page": Paginator(range(500), 24).page(7),
        "sort": "price_up",
        "sorts": sort_labels(by_relevance=True),
        "list_path": request.path,
        "filters_path": f"{request.path}filters/",
        "search": samples.make_search(liked=cards[1].product),
        "empty_lists": [
            {"words": "zeppelin", "filters": Filters()},
            {"words": "", "filters": filters},
            {"words": "", "filters": Filters()},
        ],
        "photo_form": PhotoForm(),
        "refused_form": PhotoForm(["This file is empty. Choose a photo."]),
        "suggestions": [
            Suggestion("Dresses", "Category", "/"),
            Suggestion("Linen dress", "", "/"),
        ],
        "kept_time": "an hour",
    }
    return render(request, "style/style.html", context)
