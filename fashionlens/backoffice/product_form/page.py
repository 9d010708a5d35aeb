"""The page of a product: its fields, sizes and photos."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.forms import BaseModelFormSet, ModelForm, Script
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from catalog.feeds.hand_edits import locked_fields
from catalog.history.snapshots import recorded
from catalog.models import Product, ProductImage
from catalog.photos.copies import MAX_COPIES, copies_of
from catalog.photos.unused import remove_files_on_error
from catalog.variants.stock import add_missing_variants, refresh_stock
from fashionlens.backoffice.changes.bulk import author_of
from fashionlens.backoffice.product_form.duplicates import duplicates_html
from fashionlens.backoffice.product_form.locks import note_hand_edits
from fashionlens.backoffice.product_form.photos import PhotoInline
from fashionlens.backoffice.product_form.sizes import ProductForm, VariantInline


class ProductPage:
    form = ProductForm
    # Without availability and stock, which are those of the sizes.
    fields = [
        *("title", "sku", "slug", "status", "category", "brand", "description"),
        *("price_cents", "sale_price_cents", "sale_starts", "sale_ends"),
        *("colour", "group", "material", "pattern", "gender", "age_group", "link"),
    ]
    inlines = [VariantInline, PhotoInline]
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

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any
    ) -> HttpResponse:
        show = super().changeform_view  # type: ignore[misc]
        if request.method != "POST":
            return show(request, object_id, *args)
        known = [int(object_id)] if object_id and object_id.isdecimal() else []
        author = author_of(request)
        with (
            remove_files_on_error(),
            transaction.atomic(),
            recorded(author, *known) as saved,
        ):
            request.saved_products = saved  # type: ignore[attr-defined]
            return show(request, object_id, *args)

    @admin.display(description="Duplicates")
    def duplicates(self, product: Product) -> SafeString:
        return duplicates_html(product)

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm,
        formsets: list[BaseModelFormSet],
        change: bool,
    ) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        request.saved_products.add(form.instance.pk)  # type: ignore[attr-defined]
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


def _new_photos(formsets: list[Any]) -> list[ProductImage]:
    new: list[ProductImage] = []
    for formset in formsets:
        if formset.model is not ProductImage:
            continue
        new += formset.new_objects
        new += [photo for photo, fields in formset.changed_objects if "file" in fields]
    return new
