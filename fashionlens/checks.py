"""System checks of the deployment."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connection

from catalog.models import Product


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


@register(Tags.database)
def check_currency(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    tables = connection.introspection.table_names() if databases else []
    if Product._meta.db_table not in tables:
        return []
    others = Product.objects.exclude(currency=settings.CURRENCY).order_by("currency")
    found = list(others.values_list("currency", flat=True).distinct())
    if not found:
        return []
    return [
        Warning(
            f"CURRENCY is {settings.CURRENCY}, but products have prices in"
            f" {', '.join(found)}. Filters and order compare the numbers alone.",
            hint=f"Set CURRENCY={found[0]}, or import these products again with prices"
            f" in {settings.CURRENCY}.",
            id="fashionlens.W002",
        )
    ]
