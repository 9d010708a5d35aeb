from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from catalog.history.snapshots import recorded
from catalog.models import Category, Product, ProductImage
from fashionlens.backoffice.changes.bulk import BulkActions, author_of
from fashionlens.backoffice.changes.history import HistoryPage
from fashionlens.backoffice.changes.trash import TrashActions
from fashionlens.backoffice.product_form.page import ProductPage
from fashionlens.backoffice.product_form.photos import thumbnail

MAX_BRANDS = 100  # in the filter beside the list


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    list_display = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name"]


# Many brands are too long a list, and "Show counts" would need more columns than
# Postgres has. The search field finds brands instead.
class BrandFilter(admin.AllValuesFieldListFilter):
    def has_output(self) -> bool:
        return self.lookup_choices[: MAX_BRANDS + 1].count() <= MAX_BRANDS


@admin.register(Product)
class ProductAdmin(ProductPage, BulkActions, TrashActions, HistoryPage, ModelAdmin):
    list_display = ["photo", "title", "sku", "category", "price", "stock", "status"]
    list_display_links = ["photo", "title"]
    list_filter = ["status", "category", ("brand", BrandFilter)]
    list_per_page = 50
    search_fields = ["title", "sku", "brand"]
    prepopulated_fields = {"slug": ["title", "sku"]}
    actions = ["change_selected", "publish", "archive", "move_to_trash"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return Product.objects.with_photos().outside_trash()

    @admin.display(description="")
    def photo(self, product: Product) -> SafeString | str:
        return thumbnail(product.cover)

    @admin.display(ordering="effective_price_cents")
    def price(self, product: Product) -> str:
        return product.price_display


@admin.register(ProductImage)
class PhotoAdmin(ModelAdmin):
    """The page that deletes a photo; photos are added and changed with their
    product."""

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
