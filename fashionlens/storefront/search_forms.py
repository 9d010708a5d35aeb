from django import forms
from django.conf import settings

from fashionlens.storefront.forms import FilterForm, MessagesForm, ValuesField
from ml.preprocess import FORMATS, MAX_BYTES, MAX_MB
from search.query.refinement import Refinement
from search.query.start import Box, Start


class PhotoForm(MessagesForm):
    """What a search starts from; `search.query.start` says whether it can be."""

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

    @property
    def takes_addresses(self) -> bool:
        return settings.SEARCH_ADDRESSES

    def start(self) -> Start:
        """Raises ParameterError."""
        given = self.cleaned_data
        return Start(
            photo=given["photo"].read() if given["photo"] else None,
            address=given["address"],
            product=given["product"],
            image=given["image"],
            box=Box.parse(given["box"]) if given["box"] else None,
        )


class WishForm(FilterForm):
    """How a search is refined, in the address of its results."""

    words = forms.CharField(required=False)
    like = ValuesField(required=False)
    dislike = ValuesField(required=False)

    def wish(self) -> Refinement:
        """Raises ParameterError."""
        return Refinement.from_parameters(self.asked)
