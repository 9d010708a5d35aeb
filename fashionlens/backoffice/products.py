from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from catalog.history.snapshots import recorded
from catalog.models import Product, ProductImage
from fashionlens.backoffice.changes.bulk import BulkActions, author_of
from fashionlens.backoffice.changes.history import HistoryPage
from fashionlens.backoffice.changes.trash import TrashActions
from fashionlens.backoffice.model_admin import ModelAdmin
from fashionlens.backoffice.product_form.page import ProductPage
from fashionlens.backoffice.product_list import ProductListAdmin


@admin.register(Product)
class ProductAdmin(
    ProductPage, BulkActions, TrashActions, HistoryPage, ProductListAdmin
):
    prepopulated_fields = {"slug": ["title", "sku"]}
    actions = [
        *("change_selected", "publish", "archive", "embed_again", "move_to_trash"),
    ]


@admin.register(ProductImage)
class PhotoAdmin(ModelAdmin):
    """The page that deletes a photo; photos are added and changed with their
    product."""

    actions = None  # which would delete without the history

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: ProductImage) -> None:
        with transaction.atomic(), recorded(author_of(request), obj.product_id):
            super().delete_model(request, obj)

    def response_delete(
        self, request: HttpRequest, obj_display: str, obj_id: int
    ) -> HttpResponse:
        messages.success(request, f"{obj_display} was deleted.")
        return HttpResponseRedirect(reverse("admin:search_duplicategroup_changelist"))
