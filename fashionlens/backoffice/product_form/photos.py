"""The forms of a product's photos."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from catalog.models import ProductImage
from catalog.photos.forms import PhotoField
from catalog.photos.prepared import PreparedFile, PreparedPhoto
from catalog.photos.store import set_photo
from catalog.photos.uploads.models import PhotoUpload
from catalog.photos.uploads.services import forget_uploads, read_upload
from fashionlens.backoffice.product_form.colours import ColoursField
from fashionlens.backoffice.product_form.product import PUBLISH
from fashionlens.backoffice.product_form.uploads import picture_address
from ml.preprocess import PhotoError

_GONE = "This photo is gone. Choose it again."
_SEEN = {"colours", "kind", "pattern"}


def small_thumbnail(image: ProductImage | None) -> SafeString | str:
    if image is None or not image.file:
        return "-"
    return format_html(
        '<img class="thumb" src="{}" alt="{}" loading="lazy">', image.small.url, image
    )


class ProductPhotoForm(forms.ModelForm):
    file = PhotoField(label="Photo", required=False, widget=forms.FileInput)
    # The id of a photo that was sent before the form.
    upload = forms.UUIDField(required=False, widget=forms.HiddenInput)
    colours = ColoursField(required=False)

    class Meta:
        model = ProductImage
        fields = ["file", "alt_text", "colours", "kind", "pattern", "position"]

    user_id: int | None = None
    used: PhotoUpload | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The encoder may name them while the page is open: compared is what it showed.
        for name in _SEEN:
            self.fields[name].show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in _SEEN - {*self.changed_data}:
            cleaned[name] = self.initial.get(name, cleaned.get(name))
        if {"kind", "pattern"} & set(self.changed_data):
            chosen = (cleaned.get("kind"), cleaned.get("pattern"))
            self.instance.attributes_chosen = any(chosen)
        photo = self._new_photo(cleaned)
        if photo:
            cleaned["file"] = PreparedFile(photo)
            set_photo(image=self.instance, photo=photo)
            for name in {"kind", "pattern"} - {*self.changed_data}:
                cleaned[name] = getattr(self.instance, name)
            if "colours" not in self.changed_data or not cleaned.get("colours"):
                cleaned["colours"] = self.instance.colours
                return cleaned
        if "colours" in self.changed_data:
            self.instance.colours_chosen = bool(cleaned.get("colours"))
        return cleaned

    def _new_photo(self, cleaned: dict[str, Any]) -> PreparedPhoto | None:
        file = cleaned.get("file")
        if isinstance(file, PreparedFile):
            return file.photo
        if cleaned.get("upload"):
            known = PhotoUpload.objects.filter(user=self.user_id)
            self.used = known.filter(pk=cleaned["upload"]).first()
            try:
                if self.used:
                    return read_upload(self.used)
                self.add_error("file", _GONE)
            except PhotoError as error:
                self.add_error("file", str(error))
            except OSError:
                self.add_error("file", _GONE)
            return None
        if not self.instance.pk and "file" not in self.errors:
            self.add_error("file", "Choose a photo.")
        return None

    @property
    def picture(self) -> str:
        """Return the address of what the form shows, also after an error."""
        upload = self["upload"].value()
        if upload and "upload" not in self.errors:
            return picture_address(upload)
        return self.instance.small.url if self.instance.pk else ""


class PhotoFormSet(forms.BaseInlineFormSet):
    user_id: int | None = None

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.user_id = self.user_id

    def clean(self) -> None:
        # The database would refuse the same photo twice, also while one photo replaces
        # another, since it stores one row after the other.
        super().clean()
        photos = ProductImage.objects.filter(product=self.instance.pk)
        stored = dict(photos.values_list("sha256", "pk"))
        seen: set[str] = set()
        for form in self._kept():
            sha256, pk = form.instance.sha256, form.instance.pk
            if sha256 in seen:
                form.add_error("file", "This product already has this photo.")
            elif stored.get(sha256, pk) != pk:
                message = "Another row has this photo. Delete that row and save first."
                form.add_error("file", message)
            seen.add(sha256)
        if PUBLISH in self.data and not seen and not any(f.errors for f in self.forms):
            raise ValidationError("Add a photo before you publish, or save a draft.")

    def _kept(self) -> list[Any]:
        return [
            form
            for form in self.forms
            if form.instance.sha256
            and not getattr(form, "cleaned_data", {}).get("DELETE")
        ]

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit)
        forms: list[Any] = self.forms
        forget_uploads([form.used for form in forms if form.used])
        return saved


class PhotoInline(TabularInline):
    model = ProductImage
    form = ProductPhotoForm
    formset = PhotoFormSet
    template = "admin/catalog/product/photos.html"
    fields = [
        *("file", "upload", "alt_text", "colours", "kind", "pattern", "position"),
    ]
    extra = 1

    def get_formset(self, request: Any, obj: Any = None, **options: Any) -> Any:
        formset = super().get_formset(request, obj, **options)
        formset.user_id = request.user.pk
        return formset
