"""Photos that are copies of each other: of the same pixels, or of the same picture.

Found by what is stored with each photo; no file is opened. Nothing is ever merged.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Func, IntegerField, Q, Value
from django.db.models.functions import Cast

from catalog.models import ProductImage
from catalog.photos.fingerprints import (
    HASH_BITS,
    MAX_BITS_OFF,
    BitField,
    Fingerprint,
    is_same_picture,
)

PIXELS = "pixels"
PICTURE = "picture"
MAX_COPIES = 12  # named of one product's photos
_COMPARED = 10 * MAX_COPIES  # of nearly the same hash: some differ in their colours
_BITS = BitField(max_length=HASH_BITS)
_BLOCK = 16  # rows of the comparison of all with all


@dataclass(frozen=True)
class Copy:
    """`other` shows what `image`, a photo of the product asked for, shows."""

    image: ProductImage
    other: ProductImage
    kind: str


class BitsOff(Func):
    """How many bits two BitFields differ in."""

    template = "bit_count(%(expressions)s)"
    arg_joiner = " # "
    output_field = IntegerField()


def copies_of(images: Iterable[ProductImage]) -> list[Copy]:
    """Other photos with the pixels or the picture of these, in one query.

    It compares with every photo of the shop (`python -m bench.duplicates` times it).
    """
    images = list(images)
    near = Q()
    found = ProductImage.objects.select_related("product")
    for number, image in enumerate(images):
        same = Q(sha256=image.sha256)
        if image.picture_hash:
            off = BitsOff("picture_hash", Cast(Value(image.picture_hash), _BITS))
            found = found.alias(**{f"off_{number}": off})
            same |= Q(**{f"off_{number}__lte": MAX_BITS_OFF})
        near |= same & ~Q(pk=image.pk)
    if not images:
        return []
    others = found.filter(near).order_by("id")[:_COMPARED]
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
    """Ids of photos of the same pixels, every group of the shop."""
    same = (
        ProductImage.objects.order_by()
        .values("sha256")
        .annotate(photos=Count("id"), ids=ArrayAgg("id", order_by="id"))
        .filter(photos__gt=1)
    )
    return sorted(same.values_list("ids", flat=True))


def groups_of_pictures() -> list[list[int]]:
    """Ids of photos of the same picture in other pixels, every group of the shop.

    Of photos of the same pixels only the first is named.
    """
    rows = ProductImage.objects.exclude(picture_hash=None)
    firsts = rows.order_by("sha256", "id").distinct("sha256")
    found = list(firsts.values_list("id", "picture_hash", "picture_tint"))
    if not found:
        return []
    ids, hashes, tints = zip(*found, strict=True)
    prints = [Fingerprint(h, bytes(t)) for h, t in zip(hashes, tints, strict=True)]
    pairs = (
        (ids[one], ids[other])
        for one, other in near_pairs(packed(hashes))
        if is_same_picture(prints[one], prints[other])
    )
    return connected(pairs)


def packed(hashes: Iterable[str]) -> np.ndarray:
    """N texts of 0 and 1 -> (N, 4) uint64."""
    bits = np.frombuffer("".join(hashes).encode(), np.uint8) - ord("0")
    return np.packbits(bits.reshape(-1, 64), axis=1).view(np.uint64).reshape(-1, 4)


def near_pairs(words: np.ndarray) -> list[tuple[int, int]]:
    """(N, 4) uint64 -> the pairs i < j that are at most MAX_BITS_OFF apart.

    Each is compared with each, by the middle of the picture first, where few agree.
    """
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
    """Pairs of ids -> groups of ids, each sorted."""
    group_of: dict[int, list[int]] = {}
    for one, other in pairs:
        mine, theirs = group_of.get(one, [one]), group_of.get(other, [other])
        if mine is not theirs:
            mine = mine + theirs
            group_of |= dict.fromkeys(mine, mine)
    return sorted({id(group): sorted(group) for group in group_of.values()}.values())
