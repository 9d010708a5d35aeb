"""Pages of a search as answers."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from catalog.api.listed.parameters import SPARSE, respond
from catalog.api.pages import FacetsOutput, page_links
from search.api.serializers import (
    SearchPageOutput,
    SparseSearchPageOutput,
    garment_json,
    matches_json,
)
from search.events.record import record_empty_search
from search.query.kept_search import KeptSearch, start_search
from search.query.refinement import Refinement
from search.query.start import Start

PAGES = {
    (200, "application/json"): SearchPageOutput,
    (200, SPARSE): SparseSearchPageOutput,
}


def first_page(request: Request, values: dict[str, Any]) -> Response:
    # One more result says whether there is a next page.
    first = None if values["facets"] else values["page_size"] + 1
    search = start_search(
        Start.from_parameters(values), Refinement.from_parameters(values), first=first
    )
    return search_page(request, search, values)


def search_page(
    request: Request, search: KeptSearch, values: dict[str, Any]
) -> Response:
    number, size = values.get("page", 1), values["page_size"]
    page_url = partial(_page_url, request, search, values)
    results = matches_json(search.results_page(number, size), request, values)
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
    return respond(page, values)


def _page_url(
    request: Request, search: KeptSearch, values: dict[str, Any], page: int
) -> str:
    parameters = [*search.refinement.parameters, ("page_size", values["page_size"])]
    if values["facets"]:
        parameters.append(("facets", "true"))
    if query := values.get("facet_query"):
        parameters.append(("facet_query", ":".join(query)))
    if values["highlight"]:
        parameters.append(("highlight", "true"))
    for name in ("expand", "attributes"):
        parameters += [(name, each) for each in values.get(name, ())]
    path = reverse("api:search-query", args=[search.id])
    url = request.build_absolute_uri(f"{path}?{urlencode(parameters)}")
    return replace_query_param(url, "page", page)
