"""System checks of the deployment."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register()
def check_client_addresses(**kwargs: Any) -> list[CheckMessage]:
    origins = settings.CSRF_TRUSTED_ORIGINS
    has_proxy = settings.SECURE_PROXY_SSL_HEADER or any(
        origin.startswith("https://") for origin in origins
    )
    if settings.NUM_PROXIES or not has_proxy:
        return []
    return [
        Warning(
            "NUM_PROXIES is 0 behind a proxy: all clients share one address, and so the"
            " rate limits and the lock of the login.",
            hint="Set NUM_PROXIES to the number of proxies that write X-Forwarded-For.",
            id="fashionlens.W001",
        )
    ]
