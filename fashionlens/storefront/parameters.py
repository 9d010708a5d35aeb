"""Read the addresses and forms of pages as the parameters of the API.

Pages spell two of them in their own way: prices are in whole units, as people type them
(`price_from=25&price_to=49.90`; links of older pages have cents in one value,
`price=2500-4999`), and `sort` has short words for the order.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError

from catalog.filters import PARAMETERS
from catalog.money import minor_digits, shop_currency
from catalog.parameters import ORDERINGS, ListingParameters
from catalog.words import clean
from search.query.parameters import KeptParameters, StartParameters, WeightParameters
from search.query.refinement import Refinement
from search.query.start import Start
from search.query.weights import Weights

# Sort -> label, ordering of the API. Words order a list by relevance if nothing else.
SORTS = {
    "relevance": (gettext_lazy("Best match"), ""),
    "newest": (gettext_lazy("Newest first"), "-created"),
    "price_up": (gettext_lazy("Price, low to high"), "price"),
    "price_down": (gettext_lazy("Price, high to low"), "-price"),
}
_PRICE = re.compile(r"(\d{0,10})-(\d{0,10})", re.ASCII)
_OWN_SPELLING = {"price_min": "price", "price_max": "price", "ordering": "sort"}
PRICES = ["price", "price_from", "price_to"]
FILTERS = list(dict.fromkeys(_OWN_SPELLING.get(name, name) for name in PARAMETERS))
FILTERS += PRICES[1:]
LISTING = [*FILTERS, "q", "sort"]
REFINEMENT = [*FILTERS, "words", "like", "dislike", "weights", "in_colour", "sort"]
KEPT = [*REFINEMENT, "garment"]
START = ["address", "product", "image", "box"]


def known_parameters(data: QueryDict, names: Iterable[str]) -> list[tuple[str, str]]:
    pairs = ((name, value) for name in names for value in data.getlist(name))
    return [(name, value) for name, value in pairs if value.strip()]


def read_listing(data: QueryDict) -> dict[str, Any]:
    """Return `ListingParameters`, always with `q` and `sort`.

    Raises ValidationError.
    """
    values = ListingParameters.read(_translate(data, LISTING), ignore_unknown=True)
    words = clean(values.get("q", ""))
    ordering = values.get("ordering", "" if words else "-created")
    names = {ordering: name for name, (label, ordering) in SORTS.items()}
    return {**values, "q": words, "sort": names[ordering]}


def sort_labels(*, by_relevance: bool) -> list[tuple[str, Any]]:
    names = SORTS if by_relevance else [name for name in SORTS if name != "relevance"]
    return [(name, SORTS[name][0]) for name in names]


def sort_of(refinement: Refinement) -> str:
    names = {ordering: name for name, (label, ordering) in SORTS.items()}
    return names.get(refinement.ordering, "relevance")


def order_by(sort: str) -> list[str]:
    """Return the fields to order a listing by, none for the order of relevance."""
    if sort == "newest":  # the order of "-created", by the index of the primary key
        return ["-id"]
    return ORDERINGS.get(SORTS[sort][1], [])


def read_refinement(data: QueryDict) -> Refinement:
    translated = _translate(data, KEPT)
    values = KeptParameters.read(translated, ignore_unknown=True)
    return Refinement.from_parameters(values)


def read_weights(data: QueryDict) -> Weights:
    values = WeightParameters.read(data, ignore_unknown=True)
    return Weights.from_parameters(values)


def read_start(data: QueryDict) -> Start:
    values = StartParameters.read(_translate(data, START), ignore_unknown=True)
    return Start.from_parameters(values)


def read_search(
    data: QueryDict, files: MultiValueDict[str, UploadedFile]
) -> tuple[Start, Refinement]:
    translated = _translate(data, [*START, *REFINEMENT])
    photos = files.getlist("photo")[:1]
    translated.setlist("photo", photos)  # type: ignore[arg-type]
    values = StartParameters.read(translated, ignore_unknown=True)
    return Start.from_parameters(values), Refinement.from_parameters(values)


def _translate(data: QueryDict, names: Iterable[str]) -> QueryDict:
    translated = QueryDict(mutable=True)
    for name, value in known_parameters(data, names):
        if name == "sort":
            translated["ordering"] = _ordering(value)
        elif name == "price":
            translated["price_min"], translated["price_max"] = _price_limits(value)
        elif name in PRICES:
            limit = name.replace("from", "min").replace("to", "max")
            translated[limit] = _price(value)
        else:
            translated.appendlist(name, value)
    return translated


def _ordering(sort: str) -> str:
    if sort not in SORTS:
        raise ValidationError(_("The products cannot be sorted like that."))
    return SORTS[sort][1]


def _price_limits(price: str) -> tuple[str, ...]:
    if not (limits := _PRICE.fullmatch(price)):
        message = _("A price range is two numbers of cents, such as 2500-4999.")
        raise ValidationError(message)
    return limits.groups()


def _price(text: str) -> str:
    """Return a price of whole units in the minor unit of the shop's currency."""
    try:
        price = Decimal(text.strip().replace(",", "."))
        return str(int(price.scaleb(minor_digits(shop_currency()))))
    except (ArithmeticError, ValueError):
        raise ValidationError(_("A price is a number, such as 25 or 49.90.")) from None
