"""Accounts, groups and failed logins, in the look of the other pages."""

from typing import Any

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from fashionlens.backoffice.model_admin import ModelAdmin
from fashionlens.backoffice.people.roles import ROLES

admin.site.unregister([User, Group, AccessAttempt])
admin.site.unregister([AccessLog, AccessFailureLog])  # nothing is written there


@admin.register(User)
class AccountAdmin(ModelAdmin, UserAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    filter_horizontal = []
    # What an account may do, its roles say.
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "email"]}),
        ("Roles", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]


@admin.register(Group)
class RoleAdmin(ModelAdmin, GroupAdmin):
    """Roles; those that come with FashionLens can be looked at, not changed."""

    filter_horizontal = []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_ready_made(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_ready_made(obj)


@admin.register(AccessAttempt)
class FailedLoginAdmin(ModelAdmin, AccessAttemptAdmin):
    pass


def _is_ready_made(role: Group | None) -> bool:
    return role is not None and role.name in ROLES
