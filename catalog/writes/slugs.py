"""Slugs of new products, made of title and SKU as in the admin."""

import hashlib
from collections.abc import Sequence

from catalog.models import Product
from catalog.slugs import slug_of

_MAX_CHARS = 160  # of Product.slug


def free_slugs(names: Sequence[tuple[str, str]]) -> list[str]:
    """Return a slug for each title and SKU."""
    wanted = [_slug(title, sku) or short_digest(sku) for title, sku in names]
    stored = Product.objects.filter(slug__in=wanted)
    taken = set(stored.values_list("slug", flat=True))
    slugs = []
    for (_, sku), slug in zip(names, wanted, strict=True):
        if slug in taken:
            slug = _slug(slug, short_digest(sku))
        taken.add(slug)
        slugs.append(slug)
    return slugs


def short_digest(sku: str) -> str:
    return hashlib.sha256(sku.encode()).hexdigest()[:8]


def _slug(title: str, end: str) -> str:
    end = slug_of(end)
    start = slug_of(title)[: max(_MAX_CHARS - len(end) - 1, 0)]
    return f"{start}-{end}".strip("-")
