"""Name the colours of garments, which an encoder tells from what lies around them."""

from collections.abc import Sequence

import numpy as np

from catalog.models import ProductImage
from catalog.photos.colours import COLOUR_NAMES, MAX_COLOURS
from ml.encoder import Encoder as Network
from ml.encoder import Seen

# Names of colours that the catalogue has under another one.
_ALIASES = {"cream": "beige", "gold": "yellow", "silver": "grey"}
_ALIASES["turquoise"] = "light blue"
# A further colour may be this much farther away than the main one: then .73 of them are
# right by the labels of 339 validation photos, and .57 of those of the whole photo.
_NEAR = 0.1
# A mask with a higher mean (of 255) covers the picture: the ground counts as garment.
_WHOLE = 250


def name_colours(
    photos: Sequence[ProductImage], seen: Seen, network: Network
) -> list[ProductImage]:
    """Set the colours of each photo, but those that somebody has chosen.

    Return the photos that have changed.
    """
    whole = [photo.colours for photo in photos]
    changed = []
    for photo, colours in zip(
        photos, garment_colours(network, seen, whole), strict=True
    ):
        if not photo.colours_chosen and photo.colours != colours:
            photo.colours = colours
            changed.append(photo)
    return changed


def garment_colours(
    network: Network, seen: Seen, whole: Sequence[Sequence[str]]
) -> list[list[str]]:
    """Return one to three colours for each photo, the main one first.

    `whole` are those of the whole photos. The encoder names the main colour, and keeps
    the others that it sees in the garment too. Where it does not tell the garment
    from its ground, or names no colours, `whole` stays.
    """
    distances: dict[str, np.ndarray] = {}
    for name, values in network.colour_distances(seen.vectors).items():
        known = _ALIASES.get(name, name)
        if known in COLOUR_NAMES:
            distances[known] = np.minimum(values, distances.get(known, values))
    if not distances:
        return [list(names) for names in whole]
    names = list(distances)
    apart = seen.found & (seen.masks.mean(axis=(1, 2)) < _WHOLE)
    table = np.stack([distances[name] for name in names], axis=1)
    return [
        _chosen(dict(zip(names, row, strict=True)), known) if is_apart else list(known)
        for row, known, is_apart in zip(table, whole, apart, strict=True)
    ]


def _chosen(distances: dict[str, float], seen: Sequence[str]) -> list[str]:
    main = min(distances, key=distances.__getitem__)
    limit = distances[main] + _NEAR
    others = [n for n in seen if n != main and distances.get(n, np.inf) <= limit]
    return [main, *others][:MAX_COLOURS]
