"""Names by which new products are found: SKUs and slugs."""

import hashlib

from catalog.feeds.fields import max_chars
from catalog.feeds.groups import RowGroup
from catalog.models import Product
from catalog.slugs import slug_of

_MAX_SKU, _MAX_SLUG = max_chars(Product, "sku"), max_chars(Product, "slug")


def free_skus(groups: list[RowGroup]) -> list[str]:
    """Return for each new product the SKU of its first size, or one like it."""
    wanted = [group.first.sku for group in groups]
    # That of a product whose size it was.
    taken = set(Product.objects.with_skus(wanted).values_list("sku", flat=True))
    return [
        f"{sku[: _MAX_SKU - 9]}-{_digest(f'{sku} {group.colour}')}"
        if sku in taken
        else sku
        for sku, group in zip(wanted, groups, strict=True)
    ]


def free_slugs(groups: list[RowGroup]) -> list[str]:
    """Return for each new product a slug of title and SKU, as in the admin."""
    wanted: list[str] = []
    for group in groups:
        sku = group.first.sku
        wanted.append(_slug(group.product_values()["title"], sku) or _digest(sku))
    stored = Product.objects.filter(slug__in=wanted)
    taken = set(stored.values_list("slug", flat=True))
    slugs = []
    for group, slug in zip(groups, wanted, strict=True):
        if slug in taken:
            slug = _slug(slug, _digest(group.first.sku))
        taken.add(slug)
        slugs.append(slug)
    return slugs


def _digest(sku: str) -> str:
    return hashlib.sha256(sku.encode()).hexdigest()[:8]


def _slug(title: str, end: str) -> str:
    end = slug_of(end)
    start = slug_of(title)[: max(_MAX_SLUG - len(end) - 1, 0)]
    return f"{start}-{end}".strip("-")
