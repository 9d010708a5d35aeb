"""Versions of answers, for caches, conditional reading and writing without losses."""

import json
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.utils.cache import (
    get_conditional_response,
    patch_cache_control,
    patch_vary_headers,
)
from django.utils.http import parse_etags
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.problems import ProblemCase

MAX_AGE_S = 60
VERSION_CONFLICT = ProblemCase(
    412, "version_conflict", "The product has changed since it was read. Read it again."
)


class VersionConflict(APIException):
    status_code = VERSION_CONFLICT.status
    default_code = VERSION_CONFLICT.code
    default_detail = VERSION_CONFLICT.description


def etag_of(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, default=str, ensure_ascii=False)
    return f'"{sha256(text.encode()).hexdigest()[:32]}"'


def check_version(request: Request, etag: str | None) -> None:
    """Raise VersionConflict unless the request is about this version.

    `etag` is None where there is nothing yet.
    """
    match = parse_etags(request.headers.get("If-Match", ""))
    if match and not (etag and ("*" in match or etag in match)):
        raise VersionConflict
    if etag and "*" in parse_etags(request.headers.get("If-None-Match", "")):
        raise VersionConflict("The product is there already.")


def add_etag(request: Request, response: Response) -> None:
    """Answer 304 to a client that has this version."""
    response["ETag"] = etag = etag_of(response.data)

    def condition(rendered: Any) -> Any:
        return get_conditional_response(request._request, etag=etag, response=rendered)

    response.add_post_render_callback(condition)


class PublicView(APIView):
    """A view whose answers are the same for everybody, so that caches may keep them.

    With a key, an answer may say more, and only its client may keep it.
    """

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == 200 and "Cache-Control" not in response:
            is_public = request.auth is None and settings.API_ANONYMOUS
            scope = {"public": True} if is_public else {"private": True}
            add_etag(request, response)
            patch_cache_control(response, **scope, max_age=MAX_AGE_S)
        patch_vary_headers(response, ["Authorization"])
        return response
