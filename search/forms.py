from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from catalog.filters import MAX_VALUES
from ml.preprocess import FORMATS, MAX_BYTES
from search.asking import Box, Start
from search.wishes import Wish

MAX_MB = MAX_BYTES // (1024 * 1024)


class MessagesForm(forms.Form):
    @property
    def messages(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]


class PhotoForm(MessagesForm):
    """What a search starts from. Whether it can be is for `search.asking` to say."""

    photo = forms.FileField(required=False, allow_empty_file=True)
    address = forms.CharField(required=False)
    product = forms.CharField(max_length=64, required=False)
    image = forms.IntegerField(required=False)
    box = forms.CharField(max_length=200, required=False)

    max_bytes = MAX_BYTES
    # What the browser says before it sends: the words of PhotoError, which a test
    # compares.
    too_large = (
        f"This file is larger than {MAX_MB} MB. Save the photo smaller "
        "or with more compression and try again."
    )
    limits = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}, up to {MAX_MB} MB."

    def start(self) -> Start:
        """Raises ParameterError."""
        given = self.cleaned_data
        return Start(
            photo=given["photo"].read() if given["photo"] else None,
            address=given["address"],
            product=given["product"],
            image=given["image"],
            box=Box.of(given["box"]) if given["box"] else None,
        )


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


class WishForm(MessagesForm):
    """How a search is refined, in the address of its results."""

    category = ValuesField(required=False)
    brand = ValuesField(required=False)
    colour = ValuesField(required=False)
    price = forms.RegexField(
        r"^\d{0,10}-\d{0,10}\Z",
        required=False,
        error_messages={"invalid": "A price is two numbers of cents, as 2500-4999."},
    )
    in_stock = forms.BooleanField(required=False)
    words = forms.CharField(required=False)
    like = ValuesField(required=False)
    dislike = ValuesField(required=False)

    def wish(self) -> Wish:
        """Raises ParameterError."""
        wish = self.cleaned_data
        low, _, high = wish["price"].partition("-")
        wish["price_min"], wish["price_max"] = (
            int(n) if n else None for n in (low, high)
        )
        return Wish.of(wish | {"in_stock": wish["in_stock"] or None})

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """As they were given, for an address or for hidden fields."""
        assert isinstance(self.data, QueryDict)
        named = [(name, self.data.getlist(name)) for name in self.fields]
        return [(name, value) for name, values in named for value in values if value]
