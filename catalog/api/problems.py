"""Write every error of the API as problem JSON (RFC 9457), and describe them."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from psycopg.errors import DiskFull
from redis.exceptions import RedisError
from rest_framework import exceptions, serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from catalog.error_codes import ErrorCode
from catalog.photos.storage import StorageFull
from ml.preprocess import DecoderBusy

log = logging.getLogger("django.request")

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 10
DOWN = (OperationalError, InterfaceError, RedisError, DecoderBusy, StorageFull)
MAX_ERRORS = 20  # listed in one answer


class Unavailable(exceptions.APIException):
    status_code = 503
    default_code = "unavailable"
    default_detail = gettext_lazy(
        "The shop cannot answer right now. Try again in a moment."
    )
    wait = RETRY_AFTER_S  # becomes Retry-After


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = gettext_lazy("The request is too large.")


class LengthRequired(exceptions.APIException):
    status_code = 411
    default_code = "length_required"
    default_detail = "The header Content-Length is missing. Send it instead of chunks."


class InternalError(exceptions.APIException):
    default_code = "internal_error"
    default_detail = "Something went wrong in the shop. The error has been logged."


def problem_response(exception: Exception, context: dict[str, Any]) -> Response:
    """Turn any exception into a problem, as DRF's exception handler."""
    error = _as_api_exception(exception)
    if isinstance(error, InternalError | Unavailable):
        _report(exception, error, context)
    status = HTTPStatus(error.status_code)
    errors = list(field_errors(error.detail))[:MAX_ERRORS]
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": " ".join(f"{e['field']}: {e['detail']}" for e in errors)
        or f"{error.detail}{_accepted_types(error, context)}",
        "code": _code(error),
    }
    if errors:
        body["errors"] = errors
    request = context["request"]
    # An error is JSON whatever the view renders and whatever Accept says.
    request.accepted_renderer = JSONRenderer()
    request.accepted_media_type = MEDIA_TYPE
    response = Response(body, status=status, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    if scheme := getattr(error, "auth_header", None):  # set by APIView
        response["WWW-Authenticate"] = scheme
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(max(1, round(wait)))
    return response


def _accepted_types(error: exceptions.APIException, context: dict[str, Any]) -> str:
    view = context["view"]
    if isinstance(error, exceptions.NotAcceptable):
        types = [renderer.media_type for renderer in view.renderer_classes]
        return f" The API answers with {', '.join(types)}."
    if isinstance(error, exceptions.UnsupportedMediaType):
        types = [parser.media_type for parser in view.parser_classes]
        return f" Send {' or '.join(types)}."
    return ""


def _as_api_exception(exception: Exception) -> exceptions.APIException:
    match exception:
        case exceptions.APIException():
            return exception
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return TooLarge()
        case SuspiciousOperation() | UnreadablePostError():
            return exceptions.ParseError(f"The request cannot be read: {exception}")
    if isinstance(exception, DOWN):
        return Unavailable(reason_of(exception) or None)
    return InternalError()


def reason_of(exception: BaseException) -> str:
    """Say why the shop is down, where that helps the reader."""
    if isinstance(exception, DecoderBusy | StorageFull):
        return str(exception)
    if isinstance(exception.__cause__, DiskFull):
        return _("The disk of the database is full. Make room there and try again.")
    return ""


def _report(
    exception: Exception, error: exceptions.APIException, context: dict[str, Any]
) -> None:
    # As Django does for an exception that nobody caught.
    request = context.get("request")
    path = getattr(request, "path", "?")
    if isinstance(error, InternalError):
        log.error("API error: %s", path, exc_info=exception)
        got_request_exception.send(sender=None, request=request)
    else:
        log.warning("API unavailable: %s: %r", path, exception)


def _code(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    return getattr(error.detail, "code", error.default_code)


def field_errors(detail: Any) -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for field, messages in detail.items():
            for path, message in _with_paths(messages, field):
                code = message.code or "invalid"
                yield {"field": path, "code": code, "detail": str(message)}


def _with_paths(messages: Any, path: str) -> Iterator[tuple[str, ErrorDetail]]:
    """Yield each message with its path: `category` or `events[2].position`."""
    if isinstance(messages, list):
        for message in messages:
            yield from _with_paths(message, path)
    elif isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _with_paths(inner, f"{path}{_step(key, inner)}")
    else:
        yield path, messages


def _step(key: str | int, inner: Any) -> str:
    # A repeated parameter is named without the number of the value.
    if isinstance(key, int):
        return f"[{key}]" if isinstance(inner, dict) else ""
    return f".{key}"


_FIELD_CODES = " ".join(f"`{code}`: {code.description}" for code in ErrorCode)


class FieldError(serializers.Serializer):
    field = serializers.CharField(
        help_text="The name of the parameter or form field, or the path to it in a"
        " JSON body: `events[2].position`."
    )
    code = serializers.CharField(
        help_text="A stable code for programs: one of Django REST framework, such as"
        " `required`, `invalid`, `max_length` or `min_value`; `unknown_category` and"
        f" the like for a filter's value that the shop does not have; or {_FIELD_CODES}"
    )
    detail = serializers.CharField(help_text="A sentence for people.")


class Problem(serializers.Serializer):
    """An error (RFC 9457), sent as `application/problem+json`."""

    type = serializers.CharField(help_text="Always `about:blank`. Use `code` instead.")
    title = serializers.CharField(help_text="The HTTP status in words.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    detail = serializers.CharField(help_text="What is wrong and what to do about it.")
    code = serializers.CharField(help_text="A stable code for programs.")
    errors = FieldError(  # type: ignore[assignment]  # a field, as DRF declares them
        many=True, required=False, help_text="The wrong parameters or fields."
    )


@dataclass(frozen=True)
class ProblemCase:
    status: int
    code: str
    description: str

    @property
    def example(self) -> OpenApiExample:
        value = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.description,
            "code": self.code,
        }
        return OpenApiExample(
            self.code, value, media_type=MEDIA_TYPE, response_only=True
        )


INVALID = ProblemCase(
    400,
    "invalid",
    "A parameter or field is missing, unknown or not allowed; `errors` lists each.",
)
NOT_FOUND = ProblemCase(404, "not_found", "There is nothing at this address.")
PRODUCT_NOT_FOUND = ProblemCase(
    404, "product_not_found", "No published product has this SKU."
)
THROTTLED = ProblemCase(
    429, "throttled", "There are too many requests. Try again after Retry-After."
)
LENGTH_REQUIRED = ProblemCase(
    411, LengthRequired.default_code, LengthRequired.default_detail
)
UNAVAILABLE = ProblemCase(
    503,
    "unavailable",
    "The shop cannot answer right now. Try again after Retry-After seconds.",
)


def problems(*cases: ProblemCase) -> dict[tuple[int, str], OpenApiResponse]:
    """Return responses for `extend_schema`, one for each status."""
    return {
        (status, MEDIA_TYPE): OpenApiResponse(
            Problem,
            description=" ".join(
                f"`{case.code}`: {case.description}"
                for case in cases
                if case.status == status
            ),
            examples=[case.example for case in cases if case.status == status],
        )
        for status in dict.fromkeys(case.status for case in cases)
    }
