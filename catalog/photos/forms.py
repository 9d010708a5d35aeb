"""The form field every upload of a photo comes through."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File

from catalog.photos.prepared import PreparedPhoto, prepare_photo
from ml.preprocess import PhotoError

ACCEPT = "image/jpeg,image/png,image/webp,image/heic,image/avif,image/gif"


class PreparedFile(ContentFile):
    """A checked photo's file, with what was learned while checking it."""

    def __init__(self, photo: PreparedPhoto) -> None:
        super().__init__(photo.content, name=photo.name)
        self.photo = photo


class PhotoField(forms.FileField):
    """Cleans to a PreparedFile: decoded, upright, without metadata. Django's own
    ImageField would open the file before its size is looked at, and knows no HEIC."""

    widget = forms.ClearableFileInput(attrs={"accept": ACCEPT})
    default_error_messages = {
        "empty": "The file is empty. Choose the photo again.",
    }

    def to_python(self, data: Any) -> File | None:
        file = super().to_python(data)
        if file is None:
            return None
        try:
            return PreparedFile(prepare_photo(file.read()))
        except PhotoError as error:
            raise ValidationError(str(error), code=error.code) from error
