"""Accounts, groups and failed logins, in the look of the other pages."""

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from fashionlens.backoffice.model_admin import ModelAdmin

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
    filter_horizontal = []


@admin.register(AccessAttempt)
class FailedLoginAdmin(ModelAdmin, AccessAttemptAdmin):
    pass
