from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from catalog.api.pages import FacetsOutput, page_links
from catalog.api.problems import (
    INVALID,
    LENGTH_REQUIRED,
    THROTTLED,
    UNAVAILABLE,
    ProblemCase,
    problems,
)
from catalog.parameters import PageParameters
from search.api.base import (
    ADDRESS_PROBLEMS,
    GARMENT_PROBLEM,
    NO_ENCODER,
    PHOTO_PROBLEMS,
    QUERY_EXPIRED,
    PrivateView,
    ServiceErrors,
)
from search.api.examples import SEARCH_PAGE
from search.api.json_body import JsonSearchParser
from search.api.serializers import SearchPageOutput, garment_json, matches_json
from search.events.record import record_empty_search
from search.query.kept_search import KeptSearch, get_search, start_search
from search.query.parameters import (
    AddressParameters,
    KeptParameters,
    ShopStartParameters,
    StartParameters,
)
from search.query.query_upload import (
    BarePhotoParser,
    PhotoFormParser,
    form_and_query_string,
)
from search.query.refinement import Refinement
from search.query.start import Start

PARSE_ERROR = ProblemCase(400, "parse_error", "The body cannot be read.")
UNSUPPORTED_MEDIA_TYPE = ProblemCase(
    415, "unsupported_media_type", "The body is neither a form nor an image nor JSON."
)


class SearchView(ServiceErrors, PrivateView):
    parser_classes = [PhotoFormParser, BarePhotoParser, JsonSearchParser]

    @extend_schema_serializer(component_name="Search")
    class Input(StartParameters):
        pass

    @extend_schema_serializer(component_name="SearchWithoutPhoto")
    class JsonInput(AddressParameters):
        pass

    @extend_schema(
        operation_id="search",
        summary="Search by look and by words",
        tags=["search"],
        request={
            "multipart/form-data": Input,
            "image/*": OpenApiTypes.BINARY,
            "application/json": JsonInput,
        },
        responses={
            200: SearchPageOutput,
            **problems(
                INVALID,
                PARSE_ERROR,
                LENGTH_REQUIRED,
                UNSUPPORTED_MEDIA_TYPE,
                *PHOTO_PROBLEMS,
                *ADDRESS_PROBLEMS,
                THROTTLED,
                UNAVAILABLE,
                NO_ENCODER,
            ),
        },
        examples=[SEARCH_PAGE],
    )
    def post(self, request: Request) -> Response:
        """Returns the products that look like the photo, the nearest first.

        Send a form with any mix of a file in `photo`, the `address` of a photo on the
        web, a `product` of the shop, `words`, products to `like` and to `dislike`, and
        filters. Or send the photo itself as the body, with its `image/...` type and
        the other fields in the query string. Without a photo, JSON will do.

        The shop does not keep the photo. It keeps the photo's vector under the id
        `query` for a while, so that further pages and refinements need no new upload.
        """
        values = self.Input.read(form_and_query_string(request))
        return _first_page(request, values)

    @extend_schema(
        operation_id="search_without_photo",
        summary="Search by words, or by a product",
        tags=["search"],
        parameters=[ShopStartParameters],
        responses={
            200: SearchPageOutput,
            **problems(INVALID, GARMENT_PROBLEM, THROTTLED, UNAVAILABLE, NO_ENCODER),
        },
        examples=[SEARCH_PAGE],
    )
    def get(self, request: Request) -> Response:
        """Returns what words find, or what looks like a product of the shop.

        As the `POST` without a photo.
        """
        return _first_page(request, ShopStartParameters.read(request.query_params))


class SearchPageView(ServiceErrors, PrivateView):
    class Input(KeptParameters, PageParameters):
        pass

    @extend_schema(
        operation_id="search_page",
        summary="Page through or refine a search",
        tags=["search"],
        parameters=[
            Input,
            OpenApiParameter(
                "query",
                {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
                OpenApiParameter.PATH,
                description="The `query` of a search's answer.",
            ),
        ],
        responses={
            200: SearchPageOutput,
            **problems(
                INVALID,
                QUERY_EXPIRED,
                THROTTLED,
                UNAVAILABLE,
                NO_ENCODER,
            ),
        },
        examples=[SEARCH_PAGE],
    )
    def get(self, request: Request, query: str) -> Response:
        """Returns a page of a search, with other filters, words, likes or dislikes.

        Also with another garment of the picture, or with weights.

        The shop keeps only the pictures of a search. Repeat everything else, including
        `page_size`, in each request, as the link in `next` does.
        """
        values = self.Input.read(request.query_params)
        kept = get_search(query_id=query, refinement=Refinement.from_parameters(values))
        return _search_page(request, kept, values)


def _first_page(request: Request, values: dict[str, Any]) -> Response:
    # One more result says whether there is a next page.
    first = None if values["facets"] else values["page_size"] + 1
    search = start_search(
        Start.from_parameters(values), Refinement.from_parameters(values), first=first
    )
    return _search_page(request, search, values)


def _search_page(
    request: Request, search: KeptSearch, values: dict[str, Any]
) -> Response:
    number, size = values.get("page", 1), values["page_size"]
    page_url = partial(_page_url, request, search, values)
    results = matches_json(search.results_page(number, size), request)
    facets = None
    if values["facets"]:
        facets = FacetsOutput(search.count_facets(values.get("facet_query"))).data
    page = {
        "count": search.count,
        **page_links(page_url, number, search.has_page_after(number, size)),
        "query": search.id,
        "encoder": search.encoder.version,
        "took_ms": search.took_ms,
        "complete": search.ranking.complete,
        "close_enough": search.close_enough,
        "by_words": search.ranking.by_words,
        "facets": facets,
        "garments": [garment_json(garment) for garment in search.origin.garments],
        "results": results,
    }
    if search.count == 0:
        record_empty_search(search)
    return Response(page)


def _page_url(
    request: Request, search: KeptSearch, values: dict[str, Any], page: int
) -> str:
    parameters = [*search.refinement.parameters, ("page_size", values["page_size"])]
    if values["facets"]:
        parameters.append(("facets", "true"))
    if query := values.get("facet_query"):
        parameters.append(("facet_query", ":".join(query)))
    path = reverse("api:search-query", args=[search.id])
    url = request.build_absolute_uri(f"{path}?{urlencode(parameters)}")
    return replace_query_param(url, "page", page)
