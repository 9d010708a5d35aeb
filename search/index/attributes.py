"""Name the kind and the pattern of garments where the encoder is sure."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction

from catalog.models import ProductImage
from ml.encoder import Attributes
from search.models import Embedding, Encoder

CHUNK = 1000
FIELDS = ["kind", "pattern"]


def shipped_attributes(encoder: Encoder) -> Attributes | None:
    """Return what was fitted to the encoder, without loading its network."""
    return Attributes.load(Path(settings.BASE_DIR) / encoder.folder, encoder.sha256)


def name_attributes(
    photos: Sequence[ProductImage], vectors: np.ndarray, attributes: Attributes
) -> list[ProductImage]:
    """Set kind and pattern of each photo, but those that somebody has chosen.

    Return the photos that have changed.
    """
    read = {name: attributes.heads[name].read(vectors) for name in FIELDS}
    changed = []
    for number, photo in enumerate(photos):
        names = {field: read[field][number] for field in FIELDS}
        before = {field: getattr(photo, field) for field in FIELDS}
        if not photo.attributes_chosen and names != before:
            for field, name in names.items():
                setattr(photo, field, name)
            changed.append(photo)
    return changed


def name_all_attributes(encoder: Encoder) -> int:
    """Name the photos again by their stored vectors; return how many have changed."""
    attributes = shipped_attributes(encoder)
    if attributes is None:
        return 0
    count = last = 0
    rows = Embedding.objects.filter(encoder=encoder).order_by("image_id")
    pairs = rows.values_list("image_id", "vector")
    while chunk := dict(pairs.filter(image_id__gt=last)[:CHUNK]):
        last = max(chunk)
        with transaction.atomic():
            locked = ProductImage.objects.select_for_update(no_key=True)
            photos = list(locked.filter(pk__in=chunk).order_by("pk"))
            if photos:
                vectors = np.array([chunk[photo.pk] for photo in photos], np.float32)
                changed = name_attributes(photos, vectors, attributes)
                ProductImage.objects.bulk_update(changed, FIELDS)
                count += len(changed)
    return count
