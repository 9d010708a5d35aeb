from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.listed.parameters import FieldParameters
from catalog.api.problems import (
    INVALID,
    LENGTH_REQUIRED,
    NOT_FOUND,
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
from search.api.search_page import PAGES, first_page, search_page
from search.query.kept_search import get_search
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

PARSE_ERROR = ProblemCase(400, "parse_error", "The body cannot be read.")
UNSUPPORTED_MEDIA_TYPE = ProblemCase(
    415, "unsupported_media_type", "The body is neither a form nor an image nor JSON."
)


class SearchView(ServiceErrors, PrivateView):
    parser_classes = [PhotoFormParser, BarePhotoParser, JsonSearchParser]

    @extend_schema_serializer(component_name="Search")
    class Input(StartParameters, FieldParameters):
        pass

    @extend_schema_serializer(component_name="SearchWithoutPhoto")
    class JsonInput(AddressParameters, FieldParameters):
        pass

    class QueryInput(ShopStartParameters, FieldParameters):
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
            **PAGES,
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
        return first_page(request, values)

    @extend_schema(
        operation_id="search_without_photo",
        summary="Search by words, or by a product",
        tags=["search"],
        parameters=[QueryInput],
        responses={
            **PAGES,
            **problems(INVALID, GARMENT_PROBLEM, THROTTLED, UNAVAILABLE, NO_ENCODER),
        },
        examples=[SEARCH_PAGE],
    )
    def get(self, request: Request) -> Response:
        """Returns what words find, or what looks like a product of the shop.

        As the `POST` without a photo.
        """
        return first_page(request, self.QueryInput.read(request.query_params))


class SearchPageView(ServiceErrors, PrivateView):
    class Input(KeptParameters, PageParameters, FieldParameters):
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
            **PAGES,
            **problems(
                INVALID,
                NOT_FOUND,
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
        return search_page(request, kept, values)
