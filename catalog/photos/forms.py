from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import File

from catalog.photos.prepared import PreparedFile, prepare_photo
from ml.preprocess import WEB_WAIT_S, PhotoError

ACCEPT = "image/jpeg,image/png,image/webp,image/heic,image/avif,image/gif"


class PhotoField(forms.FileField):
    """Clean an upload to a PreparedFile: decoded, upright and without metadata.

    Django's ImageField opens a file before its size is checked, and cannot read HEIC.
    """

    widget = forms.ClearableFileInput(attrs={"accept": ACCEPT})
    default_error_messages = {
        "empty": "The file is empty. Choose the photo again.",
    }

    def to_python(self, data: Any) -> File | None:
        file = super().to_python(data)
        if file is None:
            return None
        try:
            return PreparedFile(prepare_photo(file.read(), wait_s=WEB_WAIT_S))
        except PhotoError as error:
            raise ValidationError(str(error), code=error.code) from error
