"""Find photos that may show one item twice: copies, and photos that look alike.

People see them and decide; no product is ever merged.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import numpy as np
from django.db import transaction

from catalog.locks import lock_until_commit
from catalog.models import Product, ProductImage
from catalog.photos.copies import (
    Copy,
    connected,
    copies_of,
    groups_of_pictures,
    groups_of_pixels,
    kind_of_copy,
)
from catalog.photos.store import examine_photos
from ml.encoder import EncoderError
from search.index.encoders import (
    NoActiveEncoder,
    active_encoder,
    network_of,
    retry_if_retired,
)
from search.models import DuplicateGroup, Embedding, Encoder
from search.query.nearest import nearest

Kind = DuplicateGroup.Kind
# A share of the band "same item". The whole band holds 155 pairs of 3,068 photos,
# mostly of different trousers and printed T-shirts; half of it holds 12, those of one
# item among them (`python -m bench.duplicates`).
LOOK_ALIKE_SHARE = 0.5
_NEIGHBOURS = 8  # of one photo
_BLOCK = 256  # photos compared with all at once
_CHUNK = 2000  # vectors read at once

Group = tuple[Kind, list[int]]  # ids of its photos
Dismissed = tuple[str, set[int], datetime | None]
Progress = Callable[[int], object]


def find_product_duplicates(product: Product) -> list[Copy]:
    """Return the copies of the product's photos, then the photos that look alike.

    The latter are those of published products, found once the photo is embedded.
    """
    images = list(product.images.all())
    return copies_of(images) + find_look_alikes(images)


@retry_if_retired
def find_look_alikes(images: Iterable[ProductImage]) -> list[Copy]:
    own = {image.pk: image for image in images}
    try:
        encoder = active_encoder()
        rows = Embedding.objects.filter(encoder=encoder, image__in=own)
        rows = rows.select_related("image").order_by("image_id")
        ids = list(_find_near_photos(encoder, rows))
    except (NoActiveEncoder, EncoderError):
        return []
    images = ProductImage.objects.select_related("product")
    others = images.in_bulk({other for _, other in ids})
    pairs = [(own[one], others[other]) for one, other in ids if other in others]
    return [
        Copy(image, other, Kind.LOOKS)
        for image, other in pairs
        if not kind_of_copy(image, other)
    ]


def _find_near_photos(
    encoder: Encoder, rows: Iterable[Embedding]
) -> Iterator[tuple[int, int]]:
    limit = look_alike_limit(encoder)
    for row in rows:
        hits = nearest(
            vector=row.vector,
            encoder=encoder,
            k=_NEIGHBOURS,
            exclude_product=row.image.product_id,
        )
        for hit in hits:
            if hit.image_id and hit.distance is not None and hit.distance <= limit:
                yield row.image_id, hit.image_id


def look_alike_limit(encoder: Encoder) -> float:
    bands = dict(network_of(encoder).bands)
    return LOOK_ALIKE_SHARE * bands.get("same item", 0.0)


def find_duplicates(*, progress: Progress = lambda photos: None) -> dict[str, int]:
    """Renew the shop's groups of duplicates; return their number by kind.

    Calls `progress` with the number of photos compared by their looks.
    """
    examine_photos()
    groups: list[Group] = [(Kind.PIXELS, ids) for ids in groups_of_pixels()]
    groups += [(Kind.PICTURE, ids) for ids in groups_of_pictures()]
    groups += [(Kind.LOOKS, ids) for ids in _groups_of_looks(progress)]
    _store_groups(_of_several_styles(groups))
    counts = Counter(DuplicateGroup.objects.standing().values_list("kind", flat=True))
    return {kind.value: counts[kind] for kind in Kind}


def _of_several_styles(groups: list[Group]) -> list[Group]:
    """Leave out photos that the colours of one style share or look alike in."""
    photos = ProductImage.objects.filter(pk__in={pk for _, ids in groups for pk in ids})
    grouped = photos.exclude(product__group="").order_by()
    styles = dict(grouped.values_list("pk", "product__group"))
    return [
        (kind, ids)
        for kind, ids in groups
        if len({styles.get(pk, pk) for pk in ids}) > 1
    ]


def _groups_of_looks(progress: Progress) -> list[list[int]]:
    try:
        encoder = active_encoder()
        limit = look_alike_limit(encoder)
    except (NoActiveEncoder, EncoderError):
        return []
    pairs = _near_pairs(encoder, limit, progress)
    images = ProductImage.objects.in_bulk({pk for pair in pairs for pk in pair})
    return connected(
        (one, other)
        for one, other in pairs
        if one in images
        and other in images
        and not kind_of_copy(images[one], images[other])
    )


def _near_pairs(
    encoder: Encoder, limit: float, progress: Progress
) -> list[tuple[int, int]]:
    # Each is compared with each: an index search for every photo takes longer.
    ids, products, vectors = _load_vectors(encoder)
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(ids), _BLOCK):
        block = slice(start, start + _BLOCK)
        ones, others = np.nonzero(vectors[block] @ vectors[start:].T >= 1 - limit)
        ones, others = ones + start, others + start
        differ = products[ones] != products[others]
        near = (ids[each[differ]].tolist() for each in (ones, others))
        pairs += zip(*near, strict=True)
        progress(len(vectors[block]))
    return pairs


def _load_vectors(encoder: Encoder) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (N,) photo ids, (N,) product ids and (N, 128) vectors.

    Of photos with the same pixels only the first is among them.
    """
    rows = Embedding.objects.filter(encoder=encoder).order_by("image_id")
    fields = rows.values_list(
        "image__sha256", "image_id", "image__product_id", "vector"
    ).iterator(_CHUNK)
    first: dict[str, tuple[int, int, np.ndarray]] = {}
    for sha256, *row in fields:
        first.setdefault(sha256, tuple(row))
    ids, products, vectors = zip(*first.values(), strict=True) if first else ((),) * 3
    shape = (-1, encoder.dimension)
    return (
        np.array(ids, np.int64),
        np.array(products, np.int64),
        np.array(vectors, np.float32).reshape(shape),
    )


@transaction.atomic
def _store_groups(found: list[Group]) -> None:
    lock_until_commit("duplicates")
    by_key = {_key(kind, ids): (kind, ids) for kind, ids in found}
    links = DuplicateGroup.photos.through
    dismissed = _dismissed()
    DuplicateGroup.objects.exclude(key__in=by_key).delete()
    for key in DuplicateGroup.objects.values_list("key", flat=True):
        del by_key[key]
    # Locked until the groups are stored; a photo deleted meanwhile is left out.
    photos = ProductImage.objects.filter(pk__in={i for _, ids in found for i in ids})
    existing = set(photos.select_for_update(no_key=True).values_list("pk", flat=True))
    groups = DuplicateGroup.objects.bulk_create(
        DuplicateGroup(
            kind=kind, key=key, dismissed=_dismissed_at(dismissed, kind, ids)
        )
        for key, (kind, ids) in by_key.items()
    )
    links.objects.bulk_create(
        links(duplicategroup_id=group.pk, productimage_id=pk)
        for group in groups
        for pk in by_key[group.key][1]
        if pk in existing
    )


def _key(kind: Kind, ids: list[int]) -> str:
    digest = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
    return f"{kind.value}:{digest}"


def _dismissed() -> list[Dismissed]:
    groups = DuplicateGroup.objects.exclude(dismissed=None).prefetch_related("photos")
    return [(g.kind, {p.pk for p in g.photos.all()}, g.dismissed) for g in groups]


def _dismissed_at(
    dismissed: list[Dismissed], kind: Kind, ids: list[int]
) -> datetime | None:
    return next(
        (when for k, photos, when in dismissed if k == kind and photos >= set(ids)),
        None,
    )
