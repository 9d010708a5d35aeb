"""Colours that a list of looks can be shown in."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.photos.colours import COLOUR_NAMES
from ml.encoder import COLOUR
from search.index.encoders import loaded_network
from search.query.weights import Weights

# Those with a dot in shop.css; others are shown by their name alone.
DOTS = {
    *(name.replace(" ", "-") for name in COLOUR_NAMES),
    *("cream", "turquoise", "gold", "silver", "multi"),
}


@dataclass(frozen=True)
class ColourChip:
    name: str
    is_chosen: bool

    @property
    def dot(self) -> str:
        dot = self.name.replace(" ", "-")
        return dot if dot in DOTS else ""


@dataclass(frozen=True)
class ColourChoice:
    """Any colour, or a named one, instead of the picture's own."""

    chips: Sequence[ColourChip]
    is_any: bool

    @property
    def is_own(self) -> bool:
        return not self.is_any and not any(chip.is_chosen for chip in self.chips)


def colour_choice(version: str, weights: Weights) -> ColourChoice | None:
    """Return the colours that an encoder tells apart, None if it does not.

    Call this after a search with the encoder, which has loaded its network.
    """
    network = loaded_network(version)
    if network is None or COLOUR not in network.parts:
        return None
    known = [name for name in COLOUR_NAMES if name in network.colours]
    names = dict.fromkeys([*known, *network.colours])
    chips = [ColourChip(name, name == weights.in_colour) for name in names]
    return ColourChoice(chips, weights.any_colour)
