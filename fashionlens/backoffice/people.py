"""Accounts, groups and failed logins, in the look of the other pages."""

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

admin.site.unregister([User, Group, AccessAttempt])
admin.site.unregister([AccessLog, AccessFailureLog])  # nothing is written there


@admin.register(User)
class AccountAdmin(UserAdmin, ModelAdmin):
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
class RoleAdmin(GroupAdmin, ModelAdmin):
    filter_horizontal = []


@admin.register(AccessAttempt)
class FailedLoginAdmin(AccessAttemptAdmin, ModelAdmin):
    pass
