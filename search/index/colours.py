"""Name the colours of garments, which an encoder tells from what lies around them."""

from collections.abc import Sequence

import numpy as np

from catalog.models import ProductImage
from catalog.photos.colours import COLOUR_NAMES, MAX_COLOURS
from ml.encoder import Encoder as Network

# Names of colours that the catalogue has under another one.
_ALIASES = {"cream": "beige", "gold": "yellow", "silver": "grey"}
_ALIASES["turquoise"] = "light blue"
# A further colour may be this much farther away than the main one: then .73 of them are
# right by the labels of 339 validation photos, and .57 of those of the whole photo.
_NEAR = 0.1


def name_colours(
    photos: Sequence[ProductImage], vectors: np.ndarray, network: Network
) -> list[ProductImage]:
    """Set the colours of each photo, but those that somebody has chosen.

    Return the photos that have changed.
    """
    seen = [photo.colours for photo in photos]
    changed = []
    for photo, colours in zip(
        photos, garment_colours(network, vectors, seen), strict=True
    ):
        if not photo.colours_chosen and photo.colours != colours:
            photo.colours = colours
            changed.append(photo)
    return changed


def garment_colours(
    network: Network, vectors: np.ndarray, whole: Sequence[Sequence[str]]
) -> list[list[str]]:
    """Return one to three colours for each vector, the main one first.

    `whole` are those of the whole photos. The encoder names the main colour, and keeps
    the others that it sees in the garment too. Without named colours, `whole` stays.
    """
    distances: dict[str, np.ndarray] = {}
    for name, values in network.colour_distances(vectors).items():
        known = _ALIASES.get(name, name)
        if known in COLOUR_NAMES:
            distances[known] = np.minimum(values, distances.get(known, values))
    if not distances:
        return [list(names) for names in whole]
    names = list(distances)
    table = np.stack([distances[name] for name in names], axis=1)
    return [
        _chosen(dict(zip(names, row, strict=True)), seen)
        for row, seen in zip(table, whole, strict=True)
    ]


def _chosen(distances: dict[str, float], seen: Sequence[str]) -> list[str]:
    main = min(distances, key=distances.__getitem__)
    limit = distances[main] + _NEAR
    others = [n for n in seen if n != main and distances.get(n, np.inf) <= limit]
    return [main, *others][:MAX_COLOURS]
