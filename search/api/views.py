"""Search by look for other frontends: with a photo, with a query kept, by product."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from django.urls import path, re_path, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.examples import example
from catalog.api.links import root_of
from catalog.api.pagination import check_page, page_links
from catalog.api.problems import TooLarge, Unavailable, problems
from catalog.api.views import (
    INVALID,
    NO_PAGE,
    NO_PRODUCT,
    SKU,
    SKU_PARAMETER,
    UNAVAILABLE,
    PublicView,
    published_product,
)
from catalog.filters import ParameterError
from catalog.parameters import MAX_PAGE_SIZE, PageParameters, Parameters
from catalog.photos.remote import AddressError
from ml.encoder import EncoderError
from ml.preprocess import MAX_MB, PhotoError
from search.api.examples import SEARCH_PAGE, SIMILAR
from search.api.serializers import FacetsOutput, MatchOutput, SearchOutput, match_json
from search.api.throttles import SearchThrottle
from search.events.record import new_list_id, note_answer
from search.index.encoders import NoActiveEncoder, active_encoder
from search.models import Event
from search.query.parameters import RefinementParameters, StartParameters, start_of
from search.query.query_upload import (
    NO_LENGTH,
    BarePhotoParser,
    PhotoFormParser,
    form_and_query_string,
)
from search.query.refinement import Wish
from search.query.results import Match
from search.query.services import (
    Query,
    QueryExpired,
    get_query,
    has_pending_photos,
    is_unseen,
    similar_products,
    start_search,
)


class BadPhoto(APIException):
    """422: the photo is there and cannot be used. The code is the error's own."""

    status_code = 422


class Expired(APIException):
    status_code = 410
    default_code = "query_expired"


@contextmanager
def service_errors() -> Iterator[None]:
    """What the services raise, as the API says it."""
    try:
        yield
    except ParameterError as error:
        detail = {error.name: [ErrorDetail(str(error), error.code)]}
        raise ValidationError(detail) from error
    except (PhotoError, AddressError) as error:
        kind = TooLarge if error.code == "too_large" else BadPhoto
        raise kind(str(error), error.code) from error
    except QueryExpired as error:
        raise Expired(str(error)) from error
    except (NoActiveEncoder, EncoderError) as error:
        raise Unavailable("The search has no working encoder.", "no_encoder") from error


def _search_page(request: Request, query: Query, asked: dict[str, Any]) -> Response:
    number, size = asked.get("page", 1), asked["page_size"]
    if number > 1:
        check_page(number, size, len(query.hits))
    kept = [*query.wish.parameters, ("page_size", size)]
    kept += [("facets", "true")] if asked["facets"] else []
    address = f"{reverse('api:search-query', args=[query.id])}?{urlencode(kept)}"
    root = root_of(request)
    results = [match_json(match, root) for match in query.page(number, size)]
    facets = FacetsOutput(query.facets).data if asked["facets"] else None
    page = {
        "count": query.count,
        **page_links(request, address, number, query.has_more(number, size)),
        "query": query.id,
        "encoder": query.encoder.version,
        "took_ms": query.took_ms,
        "complete": query.complete,
        "by_words": query.by_words,
        "facets": facets,
        "results": results,
    }
    note_answer(query)
    return Response(page)


class PrivateView(APIView):
    """Its answers belong to who asked: no cache on the way keeps them."""

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class SearchView(PrivateView):
    parser_classes = [PhotoFormParser, BarePhotoParser]
    throttle_classes = [SearchThrottle]

    @extend_schema_serializer(component_name="Search")
    class Input(StartParameters):
        pass

    @extend_schema(
        operation_id="search",
        summary="Search by look and by words",
        tags=["search"],
        request={"multipart/form-data": Input, "image/*": OpenApiTypes.BINARY},
        responses={
            200: SearchOutput,
            **problems(
                invalid_400="A field is missing, unknown or not allowed; `errors` say"
                " which and why: `unknown_product`, `no_photo`, `unreadable_photo`,"
                " `outside`, `too_many`, ...",
                parse_error_400="The form cannot be read.",
                length_required_411=NO_LENGTH,
                too_large_413=f"The photo is larger than {MAX_MB} MB.",
                unsupported_media_type_415="The body is neither a form nor an image.",
                empty_422="The file is empty.",
                unsupported_422="The file is no photo of a kind we read.",
                unreadable_422="The photo is damaged or incomplete.",
                too_many_pixels_422="The photo has more than 30 megapixels.",
                addresses_off_422="This shop fetches no photos from the web.",
                bad_address_422="The address is none of a photo on the public web.",
                private_address_422="The address is not public.",
                address_unreachable_422="Nothing comes from the address.",
                address_timeout_422="The address did not answer in time.",
                too_many_redirects_422="The address leads on and on.",
                throttled_429="Too many searches; Retry-After says when to go on.",
                unavailable_503=UNAVAILABLE,
            ),
        },
        examples=example(SEARCH_PAGE),
    )
    def post(self, request: Request) -> Response:
        """Products that look like what was sent, nearest first, each once.

        Send a form with any mix of: a file in `photo`, the `address` of a photo on the
        web, a `product` of the shop, `words`, products to `like` and to `dislike`,
        filters; or the photo itself as the body with its `image/...` type and the
        other fields in the query string. The photo is not kept; what the network saw
        in it is, for an hour, under `query`: further pages, other filters, words,
        likes and dislikes need no second upload.
        """
        asked = self.Input.read(form_and_query_string(request))
        with service_errors():
            start, wish = start_of(asked), Wish.of(asked)
            # One more says whether there is a next page.
            first = None if asked["facets"] else asked["page_size"] + 1
            query = start_search(start, wish, first=first)
            return _search_page(request, query, asked)


class KeptSearchView(PrivateView):
    class Input(RefinementParameters, PageParameters):
        pass

    @extend_schema(
        operation_id="search_page",
        summary="Page, narrow or refine a search",
        tags=["search"],
        parameters=[
            Input,
            OpenApiParameter(
                "query", str, OpenApiParameter.PATH, description="From the search"
            ),
        ],
        responses={
            200: SearchOutput,
            **problems(
                invalid_400=INVALID,
                page_beyond_end_404=NO_PAGE,
                query_expired_410="The search is over an hour old, or never was.",
                unavailable_503=UNAVAILABLE,
            ),
        },
        examples=example(SEARCH_PAGE),
    )
    def get(self, request: Request, query: str) -> Response:
        """A further page of a search, or the same question refined: with filters,
        words, products to like and to dislike.

        Only the pictures asked with are kept: the address says the rest anew, as
        `next` does. What it leaves out, `page_size` too, is not asked any more.
        """
        asked = self.Input.read(request.query_params)
        with service_errors():
            kept = get_query(query_id=query, wish=Wish.of(asked))
            return _search_page(request, kept, asked)


class SimilarView(PublicView):
    class Input(Parameters):
        limit = serializers.IntegerField(
            min_value=1, max_value=MAX_PAGE_SIZE, default=12
        )

    @extend_schema_serializer(component_name="SimilarProducts")
    class Output(serializers.Serializer):
        query = serializers.CharField(help_text="Names this list for `/events/`")
        encoder = serializers.CharField(help_text="Version of the network")
        took_ms = serializers.FloatField()
        pending = serializers.BooleanField(
            help_text="True: the product's photos have not been looked at yet; results"
            " are empty now and come within seconds of the upload"
        )
        complete = serializers.BooleanField(
            help_text="False: products may match that were not found, as long as"
            " `pending`, or because no photo of the product could be read"
        )
        results = MatchOutput(many=True, help_text="Nearest first, each product once")

    @extend_schema(
        operation_id="similar",
        summary="Similar products",
        tags=["search"],
        parameters=[SKU_PARAMETER, Input],
        responses={
            200: Output,
            **problems(
                invalid_400=INVALID,
                product_not_found_404=NO_PRODUCT,
                unavailable_503=UNAVAILABLE,
            ),
        },
        examples=example(SIMILAR),
    )
    def get(self, request: Request, sku: str) -> Response:
        """Products that look like this one, never itself."""
        limit = self.Input.read(request.query_params)["limit"]
        product = published_product(sku)
        started = time.perf_counter()
        with service_errors():
            found = similar_products(product=product, limit=limit)
            unseen = not found and is_unseen(product=product)
            pending = unseen and has_pending_photos(product)
            answer = about_list(found, Event.Listing.SIMILAR, started, product.pk)
        answer |= {"pending": pending, "complete": not unseen}
        root = root_of(request)
        answer["results"] = [match_json(match, root) for match in found]
        # Who waits asks again before a minute is over.
        headers = {"Cache-Control": "no-store"} if pending else None
        return Response(answer, headers=headers)


def about_list(
    found: list[Match],
    listing: Event.Listing,
    started: float,
    asked_from: int | None = None,
) -> dict[str, Any]:
    """What the answer says of a list beside its products. Raises NoActiveEncoder."""
    encoder = found[0].encoder if found else active_encoder().version
    return {
        "query": new_list_id(listing, encoder=encoder, asked_from=asked_from),
        "encoder": encoder,
        "took_ms": round((time.perf_counter() - started) * 1000, 1),
    }


urlpatterns = [
    path("search/", SearchView.as_view(), name="search"),
    path("search/<slug:query>/", KeptSearchView.as_view(), name="search-query"),
    re_path(rf"^products/{SKU}/similar/$", SimilarView.as_view(), name="similar"),
]
