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
# What counts twice when more of it is wanted.
EMPHASES = {"cut": ("kind:2", "appearance:2"), "colour": (f"{COLOUR}:2",)}


@dataclass(frozen=True)
class ColourChip:
    name: str
    is_chosen: bool

    @property
    def dot(self) -> str:
        dot = self.name.replace(" ", "-")
        return dot if dot in DOTS else ""


@dataclass(frozen=True)
class Emphasis:
    """Parts of the look that count more than usual."""

    name: str
    weights: Sequence[str]
    is_chosen: bool


@dataclass(frozen=True)
class ColourChoice:
    """Any colour, or a named one, instead of the picture's own; or more of a part."""

    chips: Sequence[ColourChip]
    is_any: bool
    emphases: Sequence[Emphasis] = ()

    @property
    def is_own(self) -> bool:
        chosen = [one.is_chosen for one in self.chips]
        chosen += [one.is_chosen for one in self.emphases]
        return not self.is_any and not any(chosen)


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
    given = {value for name, value in weights.parameters if name == "weights"}
    emphases = [
        Emphasis(name, values, given == set(values))
        for name, values in EMPHASES.items()
        if all(value.partition(":")[0] in network.parts for value in values)
    ]
    return ColourChoice(chips, weights.any_colour, emphases)
