from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, ModelForm, Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from catalog.feeds.hand_edits import locked_fields
from catalog.models import Category, Product, ProductImage
from catalog.photos.copies import MAX_COPIES, copies_of
from catalog.photos.unused import remove_files_on_error
from catalog.variants.stock import add_missing_variants, refresh_stock
from fashionlens.backoffice.locks import note_hand_edits
from fashionlens.backoffice.photos import PhotoInline, thumbnail
from fashionlens.backoffice.variants import ProductForm, VariantInline
from search.models import EmbeddingFailure, Encoder
from search.query.duplicates import find_product_duplicates
from search.query.similar import has_pending_photos

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
class ProductAdmin(ModelAdmin):
    list_display = ["photo", "title", "sku", "category", "price", "stock", "status"]
    list_display_links = ["photo", "title"]
    list_filter = ["status", "category", ("brand", BrandFilter)]
    list_per_page = 50
    search_fields = ["title", "sku", "brand"]
    prepopulated_fields = {"slug": ["title", "sku"]}
    form = ProductForm
    # Without availability and stock, which are those of the sizes.
    fields = [
        *("title", "sku", "slug", "status", "category", "brand", "description"),
        *("price_cents", "sale_price_cents", "sale_starts", "sale_ends"),
        *("colour", "group", "material", "pattern", "gender", "age_group", "link"),
    ]
    inlines = [VariantInline, PhotoInline]
    actions = ["publish", "archive"]
    save_on_top = True
    readonly_fields = ["duplicates"]

    class Media:
        css = {"all": ["backoffice/product.css"]}
        js = [Script("backoffice/colours.js", type="module")]

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        if not obj:
            return self.fields
        locked = ["keep_locked"] if locked_fields(obj) else []
        return [*self.fields, *locked, "duplicates"]

    def changeform_view(self, *args: Any, **options: Any) -> HttpResponse:
        with remove_files_on_error():
            return super().changeform_view(*args, **options)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return Product.objects.with_photos()

    @admin.display(description="")
    def photo(self, product: Product) -> SafeString | str:
        return thumbnail(product.cover)

    @admin.display(ordering="effective_price_cents")
    def price(self, product: Product) -> str:
        return product.price_display

    @admin.action(description="Publish selected products", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        count = _set_status(queryset, Product.Status.PUBLISHED)
        self.message_user(request, f"Products published: {count}.")

    @admin.action(description="Archive selected products", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        count = _set_status(queryset, Product.Status.ARCHIVED)
        self.message_user(request, f"Products archived: {count}.")

    @admin.display(description="Duplicates")
    def duplicates(self, product: Product) -> SafeString:
        context = {
            "copies": find_product_duplicates(product),
            "limit": MAX_COPIES,
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
        if change:
            note_hand_edits(form, formsets)
        add_missing_variants([form.instance.pk])
        # The product was saved with the stock of when the page was opened.
        refresh_stock([form.instance.pk])
        copies = copies_of(_new_photos(formsets))
        if copies:
            context = {"copies": copies, "limit": MAX_COPIES, "new": True}
            html = render_to_string("admin/catalog/product/_copies.html", context)
            messages.warning(request, html)


def _set_status(products: QuerySet[Product], status: str) -> int:
    # `update` skips auto_now, but the API reports when a product was updated.
    return products.update(status=status, updated=timezone.now())


def _new_photos(formsets: list[Any]) -> list[ProductImage]:
    new: list[ProductImage] = []
    for formset in formsets:
        if formset.model is not ProductImage:
            continue
        new += formset.new_objects
        new += [photo for photo, fields in formset.changed_objects if "file" in fields]
    return new


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

    def response_delete(
        self, request: HttpRequest, obj_display: str, obj_id: int
    ) -> HttpResponse:
        messages.success(request, f"{obj_display} was deleted.")
        return HttpResponseRedirect(reverse("admin:search_duplicategroup_changelist"))
