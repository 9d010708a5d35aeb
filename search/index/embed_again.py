"""Embed photos again that have a vector or a failure."""

from collections.abc import Iterable

from django.db import transaction

from catalog.models import ProductImage
from search.models import Embedding, EmbeddingFailure

_CHUNK = 500  # photos in a transaction


def forget_vectors(products: Iterable[int]) -> int:
    """Make the photos of these products pending; return their number.

    Searches do not find them until they are embedded.
    """
    photos = ProductImage.objects.filter(product__in=list(products)).order_by("pk")
    ids = list(photos.values_list("pk", flat=True))
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        with transaction.atomic():
            Embedding.objects.filter(image__in=chunk).delete()
            EmbeddingFailure.objects.filter(image__in=chunk).delete()
    return len(ids)
