"""The forms of a product's photos."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from catalog.models import ProductImage
from catalog.photos.forms import PhotoField
from catalog.photos.prepared import PreparedFile
from catalog.photos.store import set_photo
from fashionlens.backoffice.product_form.colours import ColoursField


def thumbnail(image: ProductImage | None) -> SafeString | str:
    if image is None or not image.file:
        return "-"
    return format_html(
        '<img src="{}" alt="{}" height="80" loading="lazy">',
        image.small.url,
        image.alt_text,
    )


def small_thumbnail(image: ProductImage | None) -> SafeString | str:
    if image is None or not image.file:
        return "-"
    return format_html(
        '<img class="thumb" src="{}" alt="{}" loading="lazy">', image.small.url, image
    )


class ProductPhotoForm(forms.ModelForm):
    file = PhotoField(label="Photo")
    colours = ColoursField(required=False)

    class Meta:
        model = ProductImage
        fields = ["file", "alt_text", "colours", "kind", "pattern", "position"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if {"kind", "pattern"} & set(self.changed_data):
            chosen = (cleaned.get("kind"), cleaned.get("pattern"))
            self.instance.attributes_chosen = any(chosen)
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


class PhotoInline(TabularInline):
    model = ProductImage
    form = ProductPhotoForm
    formset = PhotoFormSet
    fields = [
        *("preview", "file", "alt_text", "colours", "kind", "pattern", "position"),
    ]
    readonly_fields = ["preview"]
    extra = 1

    @admin.display(description="")
    def preview(self, image: ProductImage) -> SafeString | str:
        return thumbnail(image)
