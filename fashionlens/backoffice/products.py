from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.models import Category, Product, ProductImage
from catalog.photos.colours import COLOUR_NAMES
from catalog.photos.copies import MAX_COPIES, copies_of
from catalog.photos.forms import PhotoField
from catalog.photos.prepared import PreparedFile
from catalog.photos.store import set_photo
from catalog.photos.unused import remove_files_on_error
from catalog.variants.stock import add_missing_variants, refresh_stock
from fashionlens.backoffice.variants import ProductForm, VariantInline
from search.models import EmbeddingFailure, Encoder
from search.query.duplicates import find_product_duplicates
from search.query.similar import has_pending_photos

MAX_BRANDS = 100  # in the filter beside the list


def thumbnail(image: ProductImage | None) -> SafeString | str:
    if image is None or not image.file:
        return "-"
    return format_html(
        '<img src="{}" alt="{}" height="80" loading="lazy">',
        image.small.url,
        image.alt_text,
    )


class ProductPhotoForm(forms.ModelForm):
    file = PhotoField(label="Photo")
    colours = forms.MultipleChoiceField(
        choices=[(name, name) for name in COLOUR_NAMES],
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 4}),
    )

    class Meta:
        model = ProductImage
        fields = ["file", "alt_text", "colours", "position"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if isinstance(file, PreparedFile):
            set_photo(image=self.instance, photo=file.photo)
            if "colours" not in self.changed_data or not cleaned.get("colours"):
                cleaned["colours"] = self.instance.colours
                return cleaned
        if "colours" in self.changed_data:
            self.instance.colours_chosen = bool(cleaned.get("colours"))
        return cleaned


class PhotoFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        # The database would refuse the same photo twice, also while one photo replaces
        # another, since it stores one row after the other.
        super().clean()
        photos = ProductImage.objects.filter(product=self.instance.pk)
        stored = dict(photos.values_list("sha256", "pk"))
        seen: set[str] = set()
        for form in self.forms:
            sha256, pk = form.instance.sha256, form.instance.pk
            if not sha256 or getattr(form, "cleaned_data", {}).get("DELETE"):
                continue
            if sha256 in seen:
                form.add_error("file", "This product already has this photo.")
            elif stored.get(sha256, pk) != pk:
                message = "Another row has this photo. Delete that row and save first."
                form.add_error("file", message)
            seen.add(sha256)


class PhotoInline(admin.TabularInline):
    model = ProductImage
    form = ProductPhotoForm
    formset = PhotoFormSet
    fields = ["preview", "file", "alt_text", "colours", "position"]
    readonly_fields = ["preview"]
    extra = 1

    @admin.display(description="")
    def preview(self, image: ProductImage) -> SafeString | str:
        return thumbnail(image)


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name"]


# Many brands are too long a list, and "Show counts" would need more columns than
# Postgres has. The search field finds brands instead.
class BrandFilter(admin.AllValuesFieldListFilter):
    def has_output(self) -> bool:
        return self.lookup_choices[: MAX_BRANDS + 1].count() <= MAX_BRANDS


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["photo", "title", "sku", "category", "price", "stock", "status"]
    list_display_links = ["photo", "title"]
    list_filter = ["status", "category", ("brand", BrandFilter)]
    list_per_page = 50
    search_fields = ["title", "sku", "brand"]
    prepopulated_fields = {"slug": ["title", "sku"]}
    form = ProductForm
    exclude = ["availability", "stock"]  # those of the sizes
    inlines = [VariantInline, PhotoInline]
    actions = ["publish", "archive"]
    save_on_top = True
    readonly_fields = ["duplicates"]

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        fields = [f for f in super().get_fields(request, obj) if f != "duplicates"]
        return [*fields, "duplicates"] if obj else fields

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
class PhotoAdmin(admin.ModelAdmin):
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
