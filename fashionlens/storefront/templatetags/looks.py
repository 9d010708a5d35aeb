"""Say what a picture shows, and what a result has in common with it."""

from collections.abc import Sequence
from typing import NamedTuple

from django import template
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fashionlens.languages.vocabulary import translate_name
from fashionlens.storefront.colours import ColourChoice, colour_choice
from ml.encoder import Garment
from search.query.kept_search import KeptSearch
from search.query.results import Result

register = template.Library()

TELLING_BANDS = ("same item", "very similar")


@register.filter
def in_common(result: Result) -> str:
    """Return what the band does not say: "Same kind and colour"."""
    # Nearly all results have the category; "same item" says all of it.
    parts = [part for part in result.why if part != "category"]
    if not parts or result.band == "same item":
        return ""
    names = [translate_name("part", part) for part in parts]
    return _("Same %(parts)s") % {"parts": get_text_list(names, _("and"))}


@register.filter
def label(result: Result) -> str:
    """Return the band where it tells more than the place in the list."""
    if result.distance is not None and not result.is_similar:
        return _("matches the words")
    band = result.band if result.band in TELLING_BANDS else ""
    return translate_name("band", band) if band else ""


class FoundGarment(NamedTuple):
    number: int
    place: str
    box: str


@register.filter
def colours(search: KeptSearch) -> ColourChoice | None:
    """Return the colours to show the results in; words alone have no look."""
    if search.ranking.comparison is None:
        return None
    return colour_choice(search.encoder.version, search.refinement.weights)


@register.filter
def garment_box(search: KeptSearch | str) -> str:
    """Return where the garment that was searched with lies; "" where none was found."""
    if not isinstance(search, KeptSearch) or not search.origin.garments:
        return ""
    return _box(search.origin.garments[search.refinement.garment - 1])


@register.filter
def places(garments: Sequence[Garment]) -> list[FoundGarment]:
    """Number the garments, and say in words where in the picture each lies."""
    centres = [
        ((left + right) / 2, (top + bottom) / 2)
        for left, top, right, bottom in (garment.box for garment in garments)
    ]
    across, down = zip(*centres, strict=True) if centres else ((), ())
    is_row = bool(centres) and max(across) - min(across) >= max(down) - min(down)
    middle = pgettext("place", "middle")
    if is_row:
        words = (pgettext("place", "left"), middle, pgettext("place", "right"))
    else:
        words = (pgettext("place", "top"), middle, pgettext("place", "bottom"))
    return [
        FoundGarment(
            number,
            words[min(2, int(3 * (x if is_row else y)))],
            _box(garment),
        )
        for number, (garment, (x, y)) in enumerate(
            zip(garments, centres, strict=True), start=1
        )
    ]


def _box(garment: Garment) -> str:
    return ",".join(f"{side:.4f}" for side in garment.box)
