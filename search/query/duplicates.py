"""Photos that may show one item twice: copies, and what only looks alike.

What is found is shown to people and nothing else: no product is ever merged.
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
# Within the band "same item" lie also the most alike of different garments, above all
# trousers and printed T-shirts: of 3,068 photos 155 pairs. Within half of it lie 12,
# few enough to look at, with those of one item among them
# (`python -m bench.duplicates`).
SHARE_OF_BAND = 0.5
_NEIGHBOURS = 8  # products looked at around one photo
_BLOCK = 256  # rows of the comparison of all with all
_CHUNK = 2000  # vectors read at once

Found = tuple[Kind, list[int]]
Dismissed = tuple[str, set[int], datetime | None]
Progress = Callable[[int], object]


def duplicates_of(product: Product) -> list[Copy]:
    """Whatever shows what the product's photos show: copies first. Look-alikes are
    among published products, and come when the photo has been embedded."""
    images = list(product.images.all())
    return copies_of(images) + look_alikes(images)


@retry_if_retired
def look_alikes(images: Iterable[ProductImage]) -> list[Copy]:
    """Photos of other products that look the same and are no copies."""
    mine = {image.pk: image for image in images}
    try:
        encoder = active_encoder()
        own = Embedding.objects.filter(encoder=encoder, image__in=mine)
        found = list(_near(encoder, own.select_related("image").order_by("image_id")))
    except (NoActiveEncoder, EncoderError):
        return []
    ids = {other for _, other in found}
    others = ProductImage.objects.select_related("product").in_bulk(ids)
    pairs = [(mine[one], others[other]) for one, other in found if other in others]
    return [
        Copy(image, other, Kind.LOOKS)
        for image, other in pairs
        if not kind_of_copy(image, other)
    ]


def _near(encoder: Encoder, rows: Iterable[Embedding]) -> Iterator[tuple[int, int]]:
    """(photo, photo of another product that looks the same), one query a photo.

    Raises EncoderError, EncoderRetired.
    """
    limit = look_alike_within(encoder)
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


def look_alike_within(encoder: Encoder) -> float:
    """Cosine distance. Raises EncoderError."""
    bands = dict(network_of(encoder).bands)
    return SHARE_OF_BAND * bands.get("same item", 0.0)


def find_duplicates(*, progress: Progress = lambda photos: None) -> dict[str, int]:
    """Look through the whole shop and renew its groups: how many there are by kind.

    Photos of an older version are examined first. `progress` is told the photos
    compared by their looks.
    """
    examine_photos()
    found: list[Found] = [(Kind.PIXELS, ids) for ids in groups_of_pixels()]
    found += [(Kind.PICTURE, ids) for ids in groups_of_pictures()]
    found += [(Kind.LOOKS, ids) for ids in _groups_of_looks(progress)]
    _keep(found)
    counts = Counter(DuplicateGroup.objects.standing().values_list("kind", flat=True))
    return {kind.value: counts[kind] for kind in Kind}


def _groups_of_looks(progress: Progress) -> list[list[int]]:
    """Each photo compared with each, drafts too: an index search for every one of
    them takes many times as long."""
    try:
        encoder = active_encoder()
        limit = look_alike_within(encoder)
    except (NoActiveEncoder, EncoderError):
        return []
    ids, products, vectors = _firsts(encoder)
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(ids), _BLOCK):
        block = slice(start, start + _BLOCK)
        near = 1 - vectors[block] @ vectors[start:].T <= limit
        near &= products[block, None] != products[start:]
        ones, others = np.nonzero(near)
        pairs += zip(
            ids[ones + start].tolist(), ids[others + start].tolist(), strict=True
        )
        progress(len(vectors[block]))
    images = ProductImage.objects.in_bulk({pk for pair in pairs for pk in pair})
    return connected(
        (one, other)
        for one, other in pairs
        if one in images
        and other in images
        and not kind_of_copy(images[one], images[other])
    )


def _firsts(encoder: Encoder) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N,) photos, (N,) their products, (N, 128) vectors: the first photo of each
    pixels, since what looks like it looks like all of them."""
    rows = Embedding.objects.filter(encoder=encoder).order_by("image_id")
    asked = rows.values_list(
        "image__sha256", "image_id", "image__product_id", "vector"
    ).iterator(_CHUNK)
    first: dict[str, tuple[int, int, np.ndarray]] = {}
    for sha256, *row in asked:
        first.setdefault(sha256, tuple(row))
    ids, products, vectors = zip(*first.values(), strict=True) if first else ((),) * 3
    shape = (-1, encoder.dimension)
    return (
        np.array(ids, np.int64),
        np.array(products, np.int64),
        np.array(vectors, np.float32).reshape(shape),
    )


@transaction.atomic
def _keep(found: list[Found]) -> None:
    """The groups as found now; those known already stay as they are."""
    lock_until_commit("duplicates")
    by_key = {_key(kind, ids): (kind, ids) for kind, ids in found}
    links = DuplicateGroup.photos.through
    dismissed = _dismissed()
    DuplicateGroup.objects.exclude(key__in=by_key).delete()
    for key in DuplicateGroup.objects.values_list("key", flat=True):
        del by_key[key]
    # Held until the groups are stored: one deleted meanwhile is left out.
    photos = ProductImage.objects.filter(pk__in={i for _, ids in found for i in ids})
    there = set(photos.select_for_update(no_key=True).values_list("pk", flat=True))
    groups = DuplicateGroup.objects.bulk_create(
        DuplicateGroup(kind=kind, key=key, dismissed=_when(dismissed, kind, ids))
        for key, (kind, ids) in by_key.items()
    )
    links.objects.bulk_create(
        links(duplicategroup_id=group.pk, productimage_id=pk)
        for group in groups
        for pk in by_key[group.key][1]
        if pk in there
    )


def _key(kind: Kind, ids: list[int]) -> str:
    digest = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
    return f"{kind.value}:{digest}"


def _dismissed() -> list[Dismissed]:
    groups = DuplicateGroup.objects.exclude(dismissed=None).prefetch_related("photos")
    return [(g.kind, {p.pk for p in g.photos.all()}, g.dismissed) for g in groups]


def _when(dismissed: list[Dismissed], kind: Kind, ids: list[int]) -> datetime | None:
    """When these photos, or these and more, were dismissed: a group that has become
    smaller does not come back."""
    return next(
        (when for k, photos, when in dismissed if k == kind and photos >= set(ids)),
        None,
    )
