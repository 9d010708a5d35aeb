"""Weigh the named parts of a query vector; the index stays as it is.

The cosine of two vectors is the sum of the cosines of their parts, so that a part of
the query that is twice as long counts twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple, Self

import numpy as np
from django.utils.translation import gettext, pgettext

from catalog.error_codes import ErrorCode
from catalog.filters import ParameterError
from ml.encoder import COLOUR, Part
from ml.encoder import Encoder as Network
from search.index.encoders import network_of
from search.models import Encoder

MAX_WEIGHT = 10.0
# Share of the cosine that a named colour gets: the larger it is, the more results have
# the colour, and the fewer are of the query's category.
NAMED_COLOUR_SHARE = 0.45
# How much of what all named colours have in common is taken out of one of them.
COMMON_SHARE = 0.5


@dataclass(frozen=True)
class Weights:
    """How often each part counts (1: as the encoder weighs it), and a named colour to
    look for instead of the query's own. Raises ParameterError."""

    factors: tuple[tuple[str, float], ...] = ()
    in_colour: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(sorted(self.factors)))
        if self.in_colour and self.any_colour:
            message = gettext("The colour cannot be left out and looked for at once.")
            raise ParameterError("in_colour", ErrorCode.CONFLICT, message)

    @classmethod
    def from_parameters(cls, values: Mapping[str, Any]) -> Self:
        factors = _parse(filter(None, values.get("weights") or ()))
        return cls(factors, values.get("in_colour") or "")

    def __bool__(self) -> bool:
        return bool(self.factors or self.in_colour)

    @property
    def any_colour(self) -> bool:
        return dict(self.factors).get(COLOUR) == 0

    @property
    def parameters(self) -> list[tuple[str, str]]:
        pairs = [("weights", f"{part}:{factor:g}") for part, factor in self.factors]
        return pairs + ([("in_colour", self.in_colour)] if self.in_colour else [])

    def check(self, network: Network) -> None:
        """Raise ParameterError for a part or a colour that the encoder lacks."""
        for part, _ in self.factors:
            if part not in network.parts:
                message = _lacking("part", part, network.parts)
                raise ParameterError("weights", ErrorCode.UNKNOWN_PART, message)
        if self.in_colour and self.in_colour not in network.colours:
            message = _lacking("colour", self.in_colour, network.colours)
            raise ParameterError("in_colour", "unknown_colour", message)

    def resolve(
        self, defaults: Mapping[str, float], network: Network
    ) -> dict[str, float]:
        """Return the factors other than 1, those of the shop where none is given.

        Raises ParameterError if they leave nothing of a vector.
        """
        self.check(network)
        factors = {part: defaults.get(part, 1.0) for part in network.parts}
        if self.in_colour:
            share = network.parts[COLOUR].weight
            factors[COLOUR] = (
                NAMED_COLOUR_SHARE * (1 - share) / (share * (1 - NAMED_COLOUR_SHARE))
            )
        factors |= dict(self.factors)
        if factors and not any(factors.values()):
            message = gettext("The weights leave nothing to compare: give one above 0.")
            raise ParameterError("weights", ErrorCode.INVALID_WEIGHT, message)
        return {part: factor for part, factor in factors.items() if factor != 1}


NO_WEIGHTS = Weights()


class Comparison(NamedTuple):
    """How results are compared with a query.

    `vector` is the query without weights, which explains the results. Bands are
    calibrated for queries without weights. A result within `limit` is similar.
    """

    vector: np.ndarray
    has_bands: bool
    limit: float

    def is_similar(self, distance: float | None) -> bool:
        return distance is not None and distance <= self.limit


class WeighedQuery(NamedTuple):
    vector: np.ndarray
    comparison: Comparison


def weigh_query(vector: np.ndarray, weights: Weights, encoder: Encoder) -> WeighedQuery:
    """Weigh a unit vector as request and shop want it. Raises ParameterError."""
    network = network_of(encoder)
    factors = weights.resolve(encoder.weights, network)
    limit = last_band_end(network)
    if weights.in_colour:
        vector = replace_colour(vector, weights.in_colour, network)
    if not factors and not weights.in_colour:
        return WeighedQuery(vector, Comparison(vector, True, limit))
    weighed = weigh(vector, factors, network)
    limits = dict.fromkeys(network.parts, limit)
    if weights.in_colour:
        limits[COLOUR] = named_colour_limit(weights.in_colour, network)
    limit = weighed_limit(weighed, limits, network)
    return WeighedQuery(weighed, Comparison(vector, False, limit))


def last_band_end(network: Network) -> float:
    return max((end for _, end in network.bands), default=inf)


def explain(
    vector: np.ndarray | None, comparison: Comparison, network: Network
) -> tuple[str, ...]:
    """Name the parts in which a photo agrees with the query, as people would say."""
    if vector is None:
        return ()
    return tuple(
        part
        for part in network.parts
        if part in network.part_bands
        and _part_distance(vector, comparison.vector, network.parts[part])
        <= network.part_bands[part]
    )


def _part_distance(one: np.ndarray, other: np.ndarray, part: Part) -> float:
    """Return the cosine distance; infinite where likes have emptied the part."""
    one, other = one[part.numbers], other[part.numbers]
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return 1 - float(one @ other) / lengths if lengths > 1e-9 else inf


def replace_colour(vector: np.ndarray, name: str, network: Network) -> np.ndarray:
    """Return the unit vector with its colour part replaced by a named colour.

    The mean of the colour's shades, less half of the mean of all names: that finds the
    colour more often than the shade nearest to the query or the best of all shades.
    """
    part = network.parts[COLOUR]
    replaced = vector.copy()
    replaced[part.numbers] = _named_colour(name, network) * np.sqrt(part.weight)
    return replaced / np.linalg.norm(replaced)


def named_colour_limit(name: str, network: Network) -> float:
    """Return how far a garment of this colour may be from what stands for the name.

    People agree with a shade within the band of the part.
    """
    farthest = float((1 - network.colours[name] @ _named_colour(name, network)).max())
    return farthest + network.part_bands.get(COLOUR, 0)


def _named_colour(name: str, network: Network) -> np.ndarray:
    means = {each: shades.mean(axis=0) for each, shades in network.colours.items()}
    common = np.mean(list(means.values()), axis=0)
    colour = means[name] - COMMON_SHARE * common
    return colour / np.linalg.norm(colour)


def weigh(
    vector: np.ndarray, factors: Mapping[str, float], network: Network
) -> np.ndarray:
    weighed = vector.copy()
    for part, factor in factors.items():
        weighed[network.parts[part].numbers] *= factor
    length = np.linalg.norm(weighed)
    if length < 1e-6:  # likes and dislikes may cancel out in the parts that are left
        message = gettext("The weights leave nothing to compare: give one above 0.")
        raise ParameterError("weights", ErrorCode.INVALID_WEIGHT, message)
    return weighed / length


def weighed_limit(
    weighed: np.ndarray, limits: Mapping[str, float], network: Network
) -> float:
    """Return the distance from the weighed vector where all parts are at their limits.

    Its parts have other lengths than those of the photos, so that no photo has the
    distance 0.
    """
    if inf in limits.values():  # an encoder without bands
        return inf
    reached = sum(
        np.linalg.norm(weighed[part.numbers])
        * np.sqrt(part.weight)
        * (1 - limits[name])
        for name, part in network.parts.items()
    )
    return 1 - float(reached)


def _parse(values: Iterable[str]) -> tuple[tuple[str, float], ...]:
    factors: dict[str, float] = {}
    for value in values:
        part, _, number = value.rpartition(":")
        try:
            factor = float(number)
        except ValueError:
            factor = -1
        if not part or not 0 <= factor <= MAX_WEIGHT:  # NaN fails too
            message = gettext(
                "A weight is a part and a number from 0 to %(limit)g, such as"
                " colour:0; this is %(value)r."
            ) % {"limit": MAX_WEIGHT, "value": value[:80]}
            raise ParameterError("weights", ErrorCode.INVALID_WEIGHT, message)
        if part in factors:
            message = gettext("There are two weights for %s. Give one.") % part
            raise ParameterError("weights", ErrorCode.MULTIPLE_VALUES, message)
        factors[part] = factor
    return tuple(factors.items())


def _lacking(kind: str, name: str, known: Iterable[str]) -> str:
    names = ", ".join(known)
    if not names:
        return gettext("The shop's encoder has no names for this. Leave it out.")
    return gettext("There is no %(facet)s %(value)r. There are: %(listed)s.") % {
        "facet": pgettext("parameter", kind),
        "value": name[:80],
        "listed": names,
    }
