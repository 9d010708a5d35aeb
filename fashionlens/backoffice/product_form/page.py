"""The page of a product: its fields, sizes and photos."""

from typing import Any

from django.contrib import messages
from django.forms import BaseModelFormSet, ModelForm, Script
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from catalog.feeds.hand_edits import locked_fields
from catalog.models import Product, ProductImage
from catalog.photos.copies import MAX_COPIES, copies_of
from catalog.variants.stock import add_missing_variants, refresh_stock
from fashionlens.backoffice.product_form.duplicates import duplicates_html
from fashionlens.backoffice.product_form.locks import note_hand_edits
from fashionlens.backoffice.product_form.once import SavedOnce
from fashionlens.backoffice.product_form.photos import PhotoInline
from fashionlens.backoffice.product_form.product import ProductForm
from fashionlens.backoffice.product_form.sizes import VariantInline
from fashionlens.backoffice.product_form.uploads import UploadPages


class ProductPage(SavedOnce, UploadPages):
    form = ProductForm
    # Without availability and stock, which are those of the sizes.
    fields = [
        *("title", "sku", "slug", "status", "category", "brand", "description"),
        *("price_cents", "sale_price_cents", "sale_starts", "sale_ends"),
        *("colour", "group", "material", "pattern", "gender", "age_group", "link"),
    ]
    inlines = [VariantInline, PhotoInline]
    save_on_top = True

    class Media:
        css = {"all": ["backoffice/product.css"]}
        js = [
            Script("backoffice/colours.js", type="module"),
            Script("backoffice/photos.js", type="module"),
        ]

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        if not obj:
            return self.fields
        locked = ["keep_locked"] if locked_fields(obj) else []
        return [*self.fields, *locked]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **options: Any
    ) -> HttpResponse:
        if product := options.get("obj"):
            context["duplicates"] = duplicates_html(product)
        return super().render_change_form(request, context, **options)  # type: ignore[misc]

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
