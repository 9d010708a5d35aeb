from typing import Any

from django.conf import settings
from django.utils.cache import patch_cache_control, patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

MAX_AGE_S = 60


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
            patch_cache_control(response, **scope, max_age=MAX_AGE_S)
        patch_vary_headers(response, ["Authorization"])
        return response
