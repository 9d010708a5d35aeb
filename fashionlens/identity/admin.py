from typing import Any

from django import forms
from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from fashionlens.backoffice.model_admin import ModelAdmin
from fashionlens.identity.contrast import PAPERS, readable
from fashionlens.identity.logo import MAX_KB, prepare_logo
from fashionlens.identity.models import Page, Shop


class ShopForm(forms.ModelForm):
    new_logo = forms.FileField(
        label="Logo",
        required=False,
        help_text=f"PNG, WebP or JPEG, up to {MAX_KB} kB; shown 48 pixels high",
        widget=forms.FileInput(attrs={"accept": "image/png,image/webp,image/jpeg"}),
    )
    remove_logo = forms.BooleanField(required=False)

    class Meta:
        model = Shop
        fields = [
            *("name", "new_logo", "remove_logo", "accent"),
            *("header", "footer", "delivery", "email", "empty_title", "empty_text"),
        ]

    def clean_new_logo(self) -> bytes:
        file = self.cleaned_data["new_logo"]
        return prepare_logo(file.read()) if file else b""

    def save(self, commit: bool = True) -> Shop:
        if self.cleaned_data["remove_logo"]:
            self.instance.logo = b""
        if picture := self.cleaned_data["new_logo"]:
            self.instance.logo = picture
        return super().save(commit)


@admin.register(Shop)
class ShopAdmin(ModelAdmin):
    form = ShopForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Shop.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Open the form: there is one shop."""
        if Shop.objects.exists():
            return redirect("admin:identity_shop_change", 1)
        if self.has_add_permission(request):
            return redirect("admin:identity_shop_add")
        return super().changelist_view(request, extra_context)

    def save_model(
        self, request: HttpRequest, obj: Shop, form: ModelForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if not obj.accent:
            return
        shown = {s: readable(obj.accent, paper) for s, paper in PAPERS.items()}
        changed = [f"{v} on {s} pages" for s, v in shown.items() if v != obj.accent]
        if changed:
            messages.warning(
                request,
                f"{obj.accent} is hard to read as text: it is shown as"
                f" {' and '.join(changed)}.",
            )


@admin.register(Page)
class PageAdmin(ModelAdmin):
    list_display = ["title", "position"]
    prepopulated_fields = {"slug": ["title"]}

    def view_on_site(self, obj: Page) -> str:
        return reverse("identity:page", args=[obj.slug])
