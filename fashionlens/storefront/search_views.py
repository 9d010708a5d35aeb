"""Search with a photo: by plain form and redirect, or by htmx on the same page."""

import logging
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.core.paginator import InvalidPage, Paginator
from django.db import OperationalError
from django.db.models import prefetch_related_objects
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import push_url, retarget
from django_htmx.middleware import HtmxDetails
from redis.exceptions import RedisError

from catalog.filters import ParameterError
from catalog.listing import PAGE_SIZE
from catalog.models import Product
from catalog.photos.remote import AddressError
from fashionlens.storefront.error_pages import bad_request, not_found, parameter_error
from fashionlens.storefront.search_forms import PhotoForm, WishForm
from ml.encoder import EncoderError
from ml.preprocess import PhotoError
from search.events.record import record_empty_search
from search.index.encoders import NoActiveEncoder
from search.query.kept_search import (
    KeptSearch,
    QueryExpired,
    find_start_picture,
    get_search,
    kept_time,
    start_search,
)
from search.query.query_upload import QueryPhotoHandler
from search.query.refinement import Refinement

log = logging.getLogger(__name__)
View = Callable[..., HttpResponse]


class HtmxRequest(HttpRequest):
    """A request that has passed django-htmx's middleware."""

    htmx: HtmxDetails


def page_or_fragment(view: View) -> View:
    """Answer 503 if search is out of order; vary by htmx, which gets a fragment."""

    @wraps(view)
    def wrapped(request: HtmxRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except (NoActiveEncoder, EncoderError, RedisError, OperationalError):
            log.exception("Photo search is not available")
            part = (
                "storefront/search/_unavailable.html"
                if request.htmx
                else "storefront/search/unavailable.html"
            )
            response = TemplateResponse(request, part, status=503)
        patch_vary_headers(response, ["HX-Request"])
        return response

    return wrapped


@csrf_exempt  # `_search` checks: reading the form earlier would use other handlers
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HtmxRequest) -> HttpResponse:
    request.upload_handlers = [QueryPhotoHandler(request)]
    return _search(request)


@csrf_protect
@page_or_fragment
def _search(request: HtmxRequest) -> HttpResponse:
    if request.method != "POST":
        return _asking(request)
    form, wish_form = PhotoForm(request.POST, request.FILES), WishForm(request.POST)
    query = None
    if form.is_valid() and wish_form.is_valid():
        try:
            query = start_search(form.start(), wish_form.wish())
        except (PhotoError, AddressError, ParameterError) as error:
            form.add_error(None, str(error))
    if query is None:
        for message in wish_form.messages:
            form.add_error(None, message)
        return _refused(request, form)
    url = reverse("storefront:results", args=[query.id])
    if wish_form.parameters:
        url = f"{url}?{urlencode(wish_form.parameters)}"
    if request.htmx:
        # As at their own address: the links on the page go on from there.
        request.GET = QueryDict(urlencode(wish_form.parameters))
        try:
            return push_url(_results(request, query, wish_form), url)
        except QueryExpired:  # its encoder was retired in between
            return push_url(_expired(request, query.id, wish_form), url)
    return HttpResponseRedirect(url, status=303)


def _asking(request: HtmxRequest) -> HttpResponse:
    """The empty form; with ?product=SKU (and &image=ID) for a part of its photo."""
    form = PhotoForm(request.GET)
    if not form.is_valid():
        return bad_request(request, form.messages)
    try:
        picture = find_start_picture(form.start())
    except ParameterError as error:
        return parameter_error(request, error)
    return _page(request, {"photo_form": PhotoForm(), "asked_with": picture})


@require_safe
@page_or_fragment
def results(request: HtmxRequest, query_id: str) -> HttpResponse:
    form = WishForm(request.GET)
    if not form.is_valid():
        return bad_request(request, form.messages)
    try:
        query = get_search(query_id=query_id, refinement=form.wish())
        return _results(request, query, form)
    except ParameterError as error:
        return parameter_error(request, error)
    except QueryExpired:
        return _expired(request, query_id, form)


def _results(
    request: HtmxRequest, query: KeptSearch, form: WishForm
) -> TemplateResponse:
    number = request.GET.get("page", 1)
    try:
        page = Paginator(query.all_hits(), PAGE_SIZE).page(number)
    except InvalidPage:
        return not_found(request, "The results do not have this page.")
    if query.count == 0:
        record_empty_search(query)
    matches = query.results_page(page.number)
    # Their photos say which of them is shown: Photo 2 of 3.
    prefetch_related_objects([match.product for match in matches], "images")
    facets = query.count_facets()
    context = {
        "photo_form": PhotoForm(),
        "wish_form": form,
        "query": query,
        "asked_with": query.load_start_picture(),
        "facets": facets,
        "chosen": [value for value in facets.categories if value.chosen],
        "page": page,
        "list_path": reverse("storefront:results", args=[query.id]),
        "matches": matches,
        "kept_time": kept_time(),
        "wished": _wished(query.refinement),
    }
    return _page(request, context, "storefront/search/_results.html")


def _expired(request: HtmxRequest, query_id: str, form: WishForm) -> TemplateResponse:
    """What refined it is in the address: it goes with the photo chosen again."""
    context = {
        "photo_form": PhotoForm(),
        "wish_form": form,
        "kept_wishes": form.parameters,
        "query_id": query_id,
        "kept_time": kept_time(),
    }
    return _page(request, context, "storefront/search/_expired.html", 410)


def _wished(wish: Refinement) -> list[tuple[str, Product]]:
    """What is liked and disliked, as ("like", product)."""
    skus = [*wish.like, *wish.dislike]
    if not skus:
        return []
    products = Product.objects.published().with_photos().with_skus(skus)
    known = {product.sku: product for product in products}
    named = [("like", sku) for sku in wish.like]
    named += [("dislike", sku) for sku in wish.dislike]
    return [(name, known[sku]) for name, sku in named if sku in known]


def _refused(request: HtmxRequest, form: PhotoForm) -> HttpResponse:
    """422, the reason beside the control. Nothing was stored."""
    if not request.htmx:
        return _page(request, {"photo_form": form}, status=422)
    part = TemplateResponse(
        request, "storefront/search/_errors.html", {"photo_form": form}, status=422
    )
    return retarget(part, "#photo-message")


def _page(
    request: HtmxRequest,
    context: dict[str, object],
    part: str = "storefront/search/_how_it_works.html",
    status: int = 200,
) -> TemplateResponse:
    """The search page around `part`; for htmx `part` alone."""
    if request.htmx:
        return TemplateResponse(request, part, context, status=status)
    context = {**context, "part": part}
    return TemplateResponse(
        request, "storefront/search/search.html", context, status=status
    )
