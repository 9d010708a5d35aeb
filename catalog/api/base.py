from typing import Any

from django.utils.cache import patch_cache_control
from rest_framework.response import Response
from rest_framework.views import APIView

MAX_AGE_S = 60


class PublicView(APIView):
    """A view whose answers are the same for everybody, so that caches may keep them."""

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        if response.status_code == 200 and "Cache-Control" not in response:
            patch_cache_control(response, public=True, max_age=MAX_AGE_S)
        return response
