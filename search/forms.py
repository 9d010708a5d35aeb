from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ml.preprocess import FORMATS, MAX_BYTES
from search.filters import MAX_VALUES, Filters

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


class ValuesField(forms.Field):
    """A repeated parameter as a list of words."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        if len(value or []) > MAX_VALUES:
            raise ValidationError(f"At most {MAX_VALUES} values, not {len(value)}.")
        return [self._word.clean(each) for each in value or []]

    _word = forms.CharField(
        max_length=80,
        required=False,
        error_messages={"max_length": "This value is too long to be a filter's."},
    )


class NarrowForm(forms.Form):
    """How the results of a photo can be narrowed, in their address."""

    category = ValuesField(required=False)
    brand = ValuesField(required=False)
    colour = ValuesField(required=False)
    price = forms.RegexField(
        r"^\d{0,10}-\d{0,10}\Z",
        required=False,
        error_messages={"invalid": "A price is two numbers of cents, as 2500-4999."},
    )
    in_stock = forms.BooleanField(required=False)

    def filters(self) -> Filters:
        """Raises ParameterError."""
        wish = self.cleaned_data
        low, _, high = wish["price"].partition("-")
        wish["price_min"], wish["price_max"] = (
            int(n) if n else None for n in (low, high)
        )
        return Filters.of(wish | {"in_stock": wish["in_stock"] or None})

    @property
    def messages(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]
