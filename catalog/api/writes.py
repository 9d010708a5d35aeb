"""What all writing views share: a scope, transactions, and answers given once."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.contrib.auth import get_user
from django.db import transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.base import VERSION_CONFLICT
from catalog.api.problems import (
    INVALID,
    LENGTH_REQUIRED,
    THROTTLED,
    UNAVAILABLE,
    ProblemCase,
)
from catalog.api.strict import PARSE_ERROR, UNSUPPORTED_MEDIA_TYPE, StrictJSONParser
from catalog.history.entries import Author
from catalog.idempotency.answers import Answer, BadKey, KeyReused, answer_once
from catalog.photos.unused import remove_files_on_error

HEADER = "Idempotency-Key"
KEY_REUSED = ProblemCase(
    422,
    "idempotency_key_reused",
    f"Another request had this {HEADER}. Give each request its own.",
)
UNAUTHORIZED = ProblemCase(401, "key_required", "A secret key is needed.")
FORBIDDEN = ProblemCase(403, "missing_scope", "The key has not the scope for this.")


WRITE_HEADERS = [
    OpenApiParameter(
        HEADER,
        {"type": "string", "pattern": "^[!-~]{1,64}$"},
        OpenApiParameter.HEADER,
        description="Any text of your own, up to 64 characters. A request that is sent"
        " again with it within a day is not carried out twice: the first answer is"
        " repeated.",
    ),
    OpenApiParameter(
        "If-Match",
        str,
        OpenApiParameter.HEADER,
        description="The `ETag` of the product as it was read. If it has changed since,"
        " the answer is 412.",
    ),
]


WRITE_PROBLEMS = (
    *(INVALID, PARSE_ERROR, UNAUTHORIZED, FORBIDDEN, LENGTH_REQUIRED, VERSION_CONFLICT),
    *(UNSUPPORTED_MEDIA_TYPE, KEY_REUSED, THROTTLED, UNAVAILABLE),
)


class WriteView(APIView):
    scope = "catalogue"
    parser_classes = [StrictJSONParser]

    def answer(self, request: Request, write: Callable[[], Answer]) -> Response:
        """Carry out the write in a transaction, and once for each Idempotency-Key."""
        name = request.headers.get(HEADER)
        with remove_files_on_error(), transaction.atomic():
            done = write() if name is None else _once(request, name, write)
        headers = {"ETag": done.etag} if done.etag else {}
        return Response(
            done.body, done.status, headers={"Cache-Control": "no-store", **headers}
        )


def author_of(request: Request) -> Author:
    if request.auth:
        return Author(name=f"API key {request.auth}")
    return Author(user=get_user(request._request).pk)


def _once(request: Request, name: str, write: Callable[[], Answer]) -> Answer:
    try:
        return answer_once(
            owner=getattr(request._request, "api_owner", ""),
            name=name,
            fingerprint=_fingerprint(request),
            write=write,
        )
    except KeyReused as error:
        raise Reused from error
    except BadKey as error:
        detail = "Use 1 to 64 characters of ASCII, without spaces."
        raise ValidationError({HEADER: [detail]}) from error


class Reused(APIException):
    status_code = KEY_REUSED.status
    default_code = KEY_REUSED.code
    default_detail = KEY_REUSED.description


def _fingerprint(request: Request) -> str:
    digest = sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(request.headers.get("If-Match", "").encode())
    if request.FILES:
        for field, files in sorted(request.FILES.lists()):
            for file in files:
                digest.update(f"\n{field} {file.size}\n".encode())
                for chunk in file.chunks():
                    digest.update(chunk)
                file.seek(0)
        body: Any = sorted(request.POST.lists())
    else:
        body = request.data
    digest.update(json.dumps(body, sort_keys=True).encode())
    return digest.hexdigest()
