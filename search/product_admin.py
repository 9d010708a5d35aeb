"""The product's admin pages with what the search knows: photos seen before."""

from typing import Any

from django.contrib import admin, messages
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from catalog.admin import ProductAdmin
from catalog.duplicates import MOST_COPIES, copies_of
from catalog.models import Product, ProductImage
from search.duplicates import duplicates_of
from search.models import EmbeddingFailure, Encoder
from search.services import has_pending_photos

admin.site.unregister(Product)


@admin.register(Product)
class CarefulProductAdmin(ProductAdmin):
    """Says when a photo just saved is in the shop already, and what looks alike."""

    readonly_fields = ["duplicates"]

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        fields = [f for f in super().get_fields(request, obj) if f != "duplicates"]
        return [*fields, "duplicates"] if obj else fields

    @admin.display(description="The same or alike")
    def duplicates(self, product: Product) -> SafeString:
        context = {
            "copies": duplicates_of(product),
            "most": MOST_COPIES,
            "waiting": has_pending_photos(product),
            "failures": EmbeddingFailure.objects.filter(
                encoder__state=Encoder.State.ACTIVE, image__product=product
            ).select_related("image"),
        }
        return render_to_string("admin/catalog/product/_copies.html", context)

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm,
        formsets: list[BaseModelFormSet],
        change: bool,
    ) -> None:
        super().save_related(request, form, formsets, change)
        copies = copies_of(_new_photos(formsets))
        if copies:
            context = {"copies": copies, "most": MOST_COPIES, "new": True}
            html = render_to_string("admin/catalog/product/_copies.html", context)
            messages.warning(request, html)


def _new_photos(formsets: list[Any]) -> list[ProductImage]:
    new: list[ProductImage] = []
    for formset in formsets:
        new += formset.new_objects
        new += [photo for photo, fields in formset.changed_objects if "file" in fields]
    return new


@admin.register(ProductImage)
class PhotoAdmin(admin.ModelAdmin):
    """Only its page for deleting is used: photos are added and changed with their
    product."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def response_delete(
        self, request: HttpRequest, obj_display: str, obj_id: int
    ) -> HttpResponse:
        messages.success(request, f"{obj_display} was deleted.")
        return HttpResponseRedirect(reverse("admin:search_duplicategroup_changelist"))
