"""Every error of the API as RFC 9457 problem JSON, and how the docs show them."""

import logging
from collections.abc import Iterator
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
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from redis.exceptions import RedisError
from rest_framework import exceptions, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

log = logging.getLogger("django.request")

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 10
DOWN = (OperationalError, InterfaceError, RedisError)  # database, or cache
# A request can be wrong in a thousand ways; the first few are enough.
MAX_ERRORS = 20


class Unavailable(exceptions.APIException):
    """503: something the answer needs is down. `wait` becomes Retry-After."""

    status_code = 503
    default_code = "unavailable"
    default_detail = "The shop cannot answer just now. Try again in a moment."
    wait = RETRY_AFTER_S


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = "The request is too large."


class InternalError(exceptions.APIException):
    default_code = "internal_error"
    default_detail = "Something went wrong here. It has been logged."


def problem_response(exception: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: no exception leaves the API as anything else."""
    error = _as_api_exception(exception)
    if isinstance(error, InternalError | Unavailable):
        _report(exception, error, context)
    status = HTTPStatus(error.status_code)
    errors = list(_field_errors(error.detail))[:MAX_ERRORS]
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": " ".join(f"{e['field']}: {e['detail']}" for e in errors)
        or f"{error.detail}{_offer(error, context)}",
        "code": _code(error),
    }
    if errors:
        body["errors"] = errors
    request = context["request"]
    # Whatever the view renders and whatever Accept says.
    request.accepted_renderer = JSONRenderer()
    request.accepted_media_type = MEDIA_TYPE
    response = Response(body, status=status, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(max(1, round(wait)))
    return response


def _offer(error: exceptions.APIException, context: dict[str, Any]) -> str:
    """The media types there are, for who asked for another."""
    view = context["view"]
    if isinstance(error, exceptions.NotAcceptable):
        types = [renderer.media_type for renderer in view.renderer_classes]
        return f" Answers come as {', '.join(types)}."
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
    return Unavailable() if isinstance(exception, DOWN) else InternalError()


def _report(
    exception: Exception, error: exceptions.APIException, context: dict[str, Any]
) -> None:
    """What Django does for an exception nobody caught: log it, tell the listeners."""
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


def _field_errors(detail: Any) -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for field, messages in detail.items():
            for place, message in _placed(messages, field):
                code = message.code or "invalid"
                yield {"field": place, "code": code, "detail": str(message)}


def _placed(messages: Any, place: str) -> Iterator[tuple[str, exceptions.ErrorDetail]]:
    """Each message with where it belongs: `category`, or `events[2].position`."""
    if isinstance(messages, list):
        for message in messages:
            yield from _placed(message, place)
    elif isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _placed(inner, f"{place}{_step(key, inner)}")
    else:
        yield place, messages


def _step(key: str | int, inner: Any) -> str:
    """The number of a value is not told: a parameter goes by its name alone."""
    if isinstance(key, int):
        return f"[{key}]" if isinstance(inner, dict) else ""
    return f".{key}"


class FieldError(serializers.Serializer):
    field = serializers.CharField(
        help_text="Name of the parameter or form field; inside a message the way to it,"
        " as `events[2].position`"
    )
    code = serializers.CharField(help_text="Stable, for programs")
    detail = serializers.CharField(help_text="A sentence, for people")


class Problem(serializers.Serializer):
    """What went wrong (RFC 9457), as `application/problem+json`."""

    type = serializers.CharField(help_text="Always `about:blank`; see `code`")
    title = serializers.CharField(help_text="The HTTP status in words")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong and how to put it right")
    code = serializers.CharField(help_text="Stable, for programs")
    errors = FieldError(  # type: ignore[assignment]  # a field, as DRF declares them
        many=True, required=False, help_text="Each wrong field"
    )


def problems(**codes: str) -> dict[tuple[int, str], OpenApiResponse]:
    """Problem responses for `extend_schema`: `problems(invalid_400="When ...")`.

    Each name is the problem's code and its status, each value says when it comes.
    Codes of one status share a response, as OpenAPI wants it.
    """
    by_status: dict[int, list[tuple[str, str]]] = {}
    for name, when in codes.items():
        code, _, status = name.rpartition("_")
        by_status.setdefault(int(status), []).append((code, when))
    return {
        (status, MEDIA_TYPE): OpenApiResponse(
            Problem,
            description=" ".join(f"`{code}`: {when}" for code, when in cases),
            examples=[_example(status, code, when) for code, when in cases],
        )
        for status, cases in by_status.items()
    }


def _example(status: int, code: str, when: str) -> OpenApiExample:
    value = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": when,
        "code": code,
    }
    return OpenApiExample(code, value, media_type=MEDIA_TYPE, response_only=True)
