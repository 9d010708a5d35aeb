"""Errors, limits and fields that the views of a search share."""

import time
from collections.abc import Sequence
from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.photos import problems as photo_problems
from catalog.api.problems import ProblemCase, Unavailable
from catalog.filters import ParameterError
from catalog.photos.remote import AddressError
from ml.encoder import EncoderError
from ml.preprocess import PhotoError
from search.events.list_ids import new_list_id
from search.index.encoders import NoActiveEncoder, active_encoder
from search.models import Event
from search.query.kept_search import QueryExpired
from search.query.results import Result
from search.query.start import NO_GARMENT

NO_ENCODER = ProblemCase(503, "no_encoder", "The search has no working encoder.")
QUERY_EXPIRED = ProblemCase(
    410, "query_expired", "The search has expired or never existed. Search again."
)
GARMENT_PROBLEM = ProblemCase(422, "no_garment", NO_GARMENT)
PHOTO_PROBLEMS = (*photo_problems.PHOTO_PROBLEMS, GARMENT_PROBLEM)
ADDRESS_PROBLEMS = (
    ProblemCase(422, "addresses_off", "This shop does not fetch photos from the web."),
    *photo_problems.ADDRESS_PROBLEMS,
)


class Expired(APIException):
    status_code = QUERY_EXPIRED.status
    default_code = QUERY_EXPIRED.code


class ServiceErrors(APIView):
    """Answer with the API's problems where the search's services raise errors."""

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_as_api_exception(exc))


def _as_api_exception(error: Exception) -> Exception:
    match error:
        case ParameterError():
            return ValidationError({error.name: [ErrorDetail(str(error), error.code)]})
        case PhotoError() | AddressError():
            return photo_problems.as_problem(error)
        case QueryExpired():
            return Expired(str(error))
        case NoActiveEncoder() | EncoderError():
            return Unavailable(NO_ENCODER.description, NO_ENCODER.code)
    return error


@method_decorator(cache_control(no_store=True), name="dispatch")
class PrivateView(APIView):
    """A view whose answers belong to one client, so that no cache may keep them."""


def list_json(
    results: Sequence[Result],
    listing: Event.Listing,
    *,
    started: float,
    product_id: int | None = None,
) -> dict[str, Any]:
    """Return the fields of a list beside its results. Raises NoActiveEncoder."""
    encoder = results[0].encoder if results else active_encoder().version
    return {
        "query": new_list_id(listing, encoder=encoder, product_id=product_id),
        "encoder": encoder,
        "took_ms": round((time.perf_counter() - started) * 1000, 1),
    }
