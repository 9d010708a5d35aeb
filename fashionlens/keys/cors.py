"""Let pages of other origins use the API with a publishable key bound to them."""

from typing import Any

from corsheaders.signals import check_request_enabled
from django.db import DatabaseError
from django.dispatch import receiver
from django.http import HttpRequest

from fashionlens.keys.models import ApiKey


@receiver(check_request_enabled)
def allow_origins_of_keys(request: HttpRequest, **kwargs: Any) -> bool:
    # The question of a browser before the request does not contain the key.
    origin = request.headers.get("Origin", "").lower()
    if not request.path_info.startswith("/api/"):
        return False
    try:
        return ApiKey.objects.using("default").allow_origin(origin)
    except DatabaseError:  # which the view reports
        return False
