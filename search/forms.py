from django import forms

from ml.preprocess import FORMATS, MAX_BYTES

MAX_MB = MAX_BYTES // (1024 * 1024)


class PhotoForm(forms.Form):
    """One photo. Whether it can be read is for `ml.preprocess` to say."""

    photo = forms.FileField(
        allow_empty_file=True,
        error_messages={"required": "Choose a photo first."},
    )

    max_bytes = MAX_BYTES
    # What the browser says before it sends: the words of PhotoError, which a test
    # compares.
    too_large = (
        f"This file is larger than {MAX_MB} MB. Save the photo smaller "
        "or with more compression and try again."
    )
    limits = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}, up to {MAX_MB} MB."


class NarrowForm(forms.Form):
    """How the results of a photo can be narrowed, in their address."""

    category = forms.CharField(required=False, max_length=80)
