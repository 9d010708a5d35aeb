"""Photos with the same pixels, or with the same picture resized or saved again.

The stored hashes are compared; no file is opened and nothing is merged.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q
from pgvector.django import HammingDistance

from catalog.models import ProductImage
from catalog.photos.fingerprints import (
    MAX_BITS_OFF,
    Fingerprint,
    is_same_picture,
)

PIXELS = "pixels"
PICTURE = "picture"
MAX_COPIES = 12  # per product
# Photos with nearly the same hash that are read; some turn out to differ in colour.
_MAX_CANDIDATES = 10 * MAX_COPIES
_BLOCK = 16  # rows compared at once with all others


@dataclass(frozen=True)
class Copy:
    """`other`, anywhere in the shop, shows the same as `image`."""

    image: ProductImage
    other: ProductImage
    kind: str


def copies_of(images: Iterable[ProductImage]) -> list[Copy]:
    """Return other photos with the pixels or the picture of these, with one query.

    The query scans every photo of the shop; `python -m bench.duplicates` times it.
    """
    images = list(images)
    near = Q()
    photos = ProductImage.objects.select_related("product")
    for number, image in enumerate(images):
        same = Q(sha256=image.sha256)
        if image.picture_hash:
            off = HammingDistance("picture_hash", image.picture_hash)
            photos = photos.alias(**{f"off_{number}": off})
            same |= Q(**{f"off_{number}__lte": MAX_BITS_OFF})
        near |= same & ~Q(pk=image.pk)
    if not images:
        return []
    others = photos.filter(near).order_by("id")[:_MAX_CANDIDATES]
    pairs = ((image, other) for other in others for image in images)
    copies = (
        Copy(image, other, kind)
        for image, other in pairs
        if image.pk != other.pk and (kind := kind_of_copy(image, other))
    )
    return list(islice(copies, MAX_COPIES))


def kind_of_copy(one: ProductImage, other: ProductImage) -> str | None:
    if one.sha256 == other.sha256:
        return PIXELS
    prints = fingerprint_of(one), fingerprint_of(other)
    if prints[0] and prints[1] and is_same_picture(prints[0], prints[1]):
        return PICTURE
    return None


def fingerprint_of(image: ProductImage) -> Fingerprint | None:
    if image.picture_hash is None or image.picture_tint is None:
        return None
    return Fingerprint(image.picture_hash, bytes(image.picture_tint))


def groups_of_pixels() -> list[list[int]]:
    same = (
        ProductImage.objects.order_by()
        .values("sha256")
        .annotate(photos=Count("id"), ids=ArrayAgg("id", order_by="id"))
        .filter(photos__gt=1)
    )
    return sorted(same.values_list("ids", flat=True))


def groups_of_pictures() -> list[list[int]]:
    """Return the ids of all photos that share their picture, by group.

    Only the first of several photos with the same pixels is included.
    """
    rows = ProductImage.objects.exclude(picture_hash=None)
    firsts = rows.order_by("sha256", "id").distinct("sha256")
    stored = list(firsts.values_list("id", "picture_hash", "picture_tint"))
    if not stored:
        return []
    ids, hashes, tints = zip(*stored, strict=True)
    prints = [Fingerprint(h, bytes(t)) for h, t in zip(hashes, tints, strict=True)]
    pairs = (
        (ids[one], ids[other])
        for one, other in near_pairs(packed(hashes))
        if is_same_picture(prints[one], prints[other])
    )
    return connected(pairs)


def packed(hashes: Iterable[str]) -> np.ndarray:
    """Pack N strings of 256 zeros and ones into (N, 4) uint64."""
    bits = np.frombuffer("".join(hashes).encode(), np.uint8) - ord("0")
    return np.packbits(bits.reshape(-1, 64), axis=1).view(np.uint64).reshape(-1, 4)


def near_pairs(words: np.ndarray) -> list[tuple[int, int]]:
    """Return the pairs i < j of (N, 4) uint64 at most MAX_BITS_OFF apart."""
    # All pairs are compared by one word first, on which few agree.
    middle = np.ascontiguousarray(words[:, 1])
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(words), _BLOCK):
        block = middle[start : start + _BLOCK, None]
        off = np.bitwise_count(block ^ middle[start:])
        ones, others = np.nonzero(off <= MAX_BITS_OFF)
        ones, others = ones + start, others + start
        ones, others = ones[ones < others], others[ones < others]
        off_in_all = np.bitwise_count(words[ones] ^ words[others]).sum(axis=1)
        near = off_in_all <= MAX_BITS_OFF
        pairs += zip(ones[near].tolist(), others[near].tolist(), strict=True)
    return pairs


def connected(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    group_of: dict[int, list[int]] = {}
    for one, other in pairs:
        mine = group_of.setdefault(one, [one])
        theirs = group_of.setdefault(other, [other])
        if mine is theirs:
            continue
        # The smaller moves, or a group of thousands would be copied for each photo.
        small, large = sorted((mine, theirs), key=len)
        large += small
        group_of |= dict.fromkeys(small, large)
    return sorted({id(group): sorted(group) for group in group_of.values()}.values())
