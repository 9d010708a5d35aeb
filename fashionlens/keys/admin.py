from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from fashionlens.backoffice.model_admin import ModelAdmin
from fashionlens.keys.models import ApiKey


class ApiKeyForm(forms.ModelForm):
    scopes = forms.TypedMultipleChoiceField(
        choices=ApiKey.Scope.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=ApiKey._meta.get_field("scopes").help_text,
    )
    origins = SimpleArrayField(
        forms.CharField(max_length=200),
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=ApiKey._meta.get_field("origins").help_text,
    )

    class Meta:
        model = ApiKey
        fields = ["name", "kind", "scopes", "origins", "rate", "expires"]


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    form = ApiKeyForm
    list_display = ["name", "kind", "hint", "last_used", "expires", "revoked"]
    list_filter = ["kind"]
    search_fields = ["name", "hint"]
    actions = ["revoke"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: ApiKey | None = None
    ) -> tuple[str, ...]:
        return ("kind", "hint", "created", "last_used", "revoked") if obj else ()

    def save_model(
        self, request: HttpRequest, obj: ApiKey, form: Any, change: bool
    ) -> None:
        if not change:
            obj._token = obj.set_token()  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        # No message after a redirect: that would keep the key in a cookie.
        context = {
            **self.admin_site.each_context(request),
            "title": f"The key {obj.name}",
            "token": obj._token,  # type: ignore[attr-defined]
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/keys/made.html", context)

    @admin.action(description="Revoke the chosen keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        for key in keys:
            key.revoke()
        self.message_user(request, f"{len(keys)} keys were revoked.")
