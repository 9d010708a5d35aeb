from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from catalog.filters import MAX_VALUES, Filters
from catalog.models import Product
from catalog.words import MAX_WORDS_CHARS, clean

# Sort -> the fields to order by; None leaves the order of the search words' rank.
SORTS: dict[str, tuple[str, ...] | None] = {
    "relevance": None,
    "newest": ("-id",),
    "price_up": ("price_cents", "-id"),
    "price_down": ("-price_cents", "-id"),
}
SORT_NAMES = [
    ("relevance", "Best match"),
    ("newest", "Newest first"),
    ("price_up", "Price, low to high"),
    ("price_down", "Price, high to low"),
]
_MAX_VALUE_CHARS = 80


class MessagesForm(forms.Form):
    @property
    def messages(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]


class ValuesField(forms.Field):
    """A repeated parameter as a list of words."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        if len(value or []) > MAX_VALUES:
            raise ValidationError(f"At most {MAX_VALUES} values, not {len(value)}.")
        return [self._word.clean(each) for each in value or []]

    _word = forms.CharField(
        max_length=_MAX_VALUE_CHARS,
        required=False,
        error_messages={
            "max_length": "This value is too long to be a filter's:"
            f" they have at most {_MAX_VALUE_CHARS} characters."
        },
    )


class FilterForm(MessagesForm):
    """How a list of products is narrowed, in its address."""

    category = ValuesField(required=False)
    brand = ValuesField(required=False)
    colour = ValuesField(required=False)
    price = forms.RegexField(
        r"^\d{0,10}-\d{0,10}\Z",
        required=False,
        error_messages={"invalid": "A price is two numbers of cents, as 2500-4999."},
    )
    in_stock = forms.TypedChoiceField(
        choices=[("true", "In stock"), ("false", "Sold out")],
        coerce=lambda value: value == "true",
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "in_stock is true or false."},
    )

    def clean_brand(self) -> list[str]:
        """As the shop writes them, in whatever case they were typed."""
        brands = [brand for brand in self.cleaned_data["brand"] if brand]
        return Product.objects.published().canonical_brands(brands) if brands else []

    @property
    def asked(self) -> dict[str, Any]:
        """The values by the names of the API's parameters."""
        wish = self.cleaned_data
        low, _, high = wish["price"].partition("-")
        ends = {"price_min": low, "price_max": high}
        return wish | {name: int(end) if end else None for name, end in ends.items()}

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """As they were given, for an address or for hidden fields."""
        assert isinstance(self.data, QueryDict)
        named = [(name, self.data.getlist(name)) for name in self.fields]
        return [(name, value) for name, values in named for value in values if value]


class BrowseForm(FilterForm):
    """What the front page can be asked for, in its address."""

    q = forms.CharField(
        required=False,
        max_length=MAX_WORDS_CHARS,
        error_messages={
            "max_length": "Search with at most %(limit_value)d characters;"
            " these are %(show_value)d."
        },
    )
    sort = forms.ChoiceField(
        required=False,
        choices=SORT_NAMES,
        error_messages={"invalid_choice": "The products cannot be sorted like that."},
    )

    def clean_q(self) -> str:
        """As it is searched for: of a lone dash nothing is left."""
        return clean(self.cleaned_data["q"])

    def clean_sort(self) -> str:
        """Best match needs words to match; without a wish it comes first."""
        sort = self.cleaned_data["sort"]
        if not self.cleaned_data.get("q"):
            return sort if sort and sort != "relevance" else "newest"
        return sort or "relevance"

    @property
    def sort_names(self) -> list[tuple[str, str]]:
        return SORT_NAMES if self.cleaned_data.get("q") else SORT_NAMES[1:]

    def filters(self) -> Filters:
        """Raises ParameterError."""
        return Filters.from_parameters(self.asked)
