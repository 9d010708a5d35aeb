"""Searches, lists and words are read from the replica, all else from the primary."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from fashionlens.postgres.replica.watch import REPLICA, watch

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
# Staff who have just saved something must see it.
COOKIE = "primary"
# Below the path of the shop. Health checks and figures are about the primary.
NOT_FROM_REPLICA = ("/admin/", "/healthz", "/readyz", "/metrics")

_reads_from: ContextVar[str] = ContextVar("reads_from", default=DEFAULT_DB_ALIAS)


def use_primary() -> None:
    """Read from the primary for the rest of the request."""
    _reads_from.set(DEFAULT_DB_ALIAS)


class ReplicaRouter:
    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return _reads_from.get()

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        use_primary()  # for what was just written
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == REPLICA else None


class ReplicaReads:
    """Choose once for each request where it reads, so that it sees one state."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        may_read = COOKIE not in request.COOKIES and not request.path_info.startswith(
            NOT_FROM_REPLICA
        )
        alias = REPLICA if may_read and watch.is_usable() else DEFAULT_DB_ALIAS
        token = _reads_from.set(alias)
        try:
            response = self.get_response(request)
        finally:
            _reads_from.reset(token)
        if request.path_info.startswith("/admin/") and not _is_safe(request):
            response.set_cookie(
                COOKIE,
                "1",
                max_age=settings.REPLICA_MAX_LAG_S + 1,
                path=settings.SESSION_COOKIE_PATH,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def _is_safe(request: HttpRequest) -> bool:
    return request.method in SAFE_METHODS
