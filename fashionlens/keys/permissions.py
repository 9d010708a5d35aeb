"""What a key, a session of the staff or nobody may do.

A view says which `scope` it needs for methods other than its `public_methods`. Without
a scope, all of it is public.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from fashionlens.keys.models import ApiKey

# What a member of the staff needs for the same.
STAFF_PERMISSIONS = {
    ApiKey.Scope.CATALOGUE: "catalog.change_product",
    ApiKey.Scope.PHOTOS: "catalog.change_productimage",
    ApiKey.Scope.FEEDS: "catalog.change_product",
    ApiKey.Scope.INDEX: "search.change_encoder",
    ApiKey.Scope.EVENTS: "catalog.change_product",
}
READING = ("GET", "HEAD", "OPTIONS")


def is_public(view: Any, method: str | None) -> bool:
    """Return whether it needs no scope."""
    return not getattr(view, "scope", "") or method in getattr(
        view, "public_methods", READING
    )


class KeyPermission(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        scope = getattr(view, "scope", "")
        public = is_public(view, request.method)
        key: ApiKey | None = request.auth  # type: ignore[assignment]
        # Whose writes are kept from happening twice.
        owner = f"key-{key.pk}" if key else ""
        request._request.api_owner = owner  # type: ignore[attr-defined]
        if key is None:
            if not (public and settings.API_ANONYMOUS):
                _require_staff(request, "" if public else scope)
        elif scope and not (public and (_reads(request) or not key.is_secret)):
            _require_scope(key, scope)
        return True


def _reads(request: Request) -> bool:
    return request.method in READING


def _require_scope(key: ApiKey, scope: str) -> None:
    if not key.is_secret:
        raise PermissionDenied(
            "A publishable key only reads and searches. Use a secret key, from a"
            " server.",
            "missing_scope",
        )
    if scope not in key.scopes:
        raise PermissionDenied(
            f"This needs a key with the scope {scope}; this key has"
            f" {', '.join(key.scopes) or 'none'}.",
            "missing_scope",
        )


def _require_staff(request: Request, scope: str) -> None:
    user = get_user(request._request)
    if not (user.is_active and user.is_staff):
        kind = "a secret key" if scope else "a key"
        raise NotAuthenticated(
            f'This needs {kind}: send "Authorization: Bearer KEY".', "key_required"
        )
    if scope and not user.has_perm(STAFF_PERMISSIONS[ApiKey.Scope(scope)]):
        raise PermissionDenied(
            "Your account may not do this. An administrator can allow it."
        )
    SessionAuthentication().enforce_csrf(request)
    request._request.api_owner = f"account-{user.pk}"  # type: ignore[attr-defined]
