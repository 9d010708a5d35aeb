from django import forms

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
MAX_WORDS = 200


class BrowseForm(forms.Form):
    """What the front page can be asked for, in its address."""

    q = forms.CharField(
        required=False,
        max_length=MAX_WORDS,
        error_messages={
            "max_length": "Search with at most %(limit_value)d characters;"
            " these are %(show_value)d."
        },
    )
    category = forms.CharField(required=False, max_length=80)
    sort = forms.ChoiceField(
        required=False,
        choices=SORT_NAMES,
        error_messages={"invalid_choice": "The products cannot be sorted like that."},
    )

    def clean_sort(self) -> str:
        """Best match needs words to match; without a wish it comes first."""
        sort = self.cleaned_data["sort"]
        if not self.cleaned_data.get("q"):
            return sort if sort and sort != "relevance" else "newest"
        return sort or "relevance"

    @property
    def sort_names(self) -> list[tuple[str, str]]:
        return SORT_NAMES if self.cleaned_data.get("q") else SORT_NAMES[1:]

    @property
    def messages(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]
