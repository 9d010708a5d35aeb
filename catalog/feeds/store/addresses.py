"""Names by which new products are found: SKUs and slugs."""

from catalog.feeds.fields import max_chars
from catalog.feeds.groups import RowGroup
from catalog.models import Product
from catalog.writes import slugs
from catalog.writes.slugs import short_digest

_MAX_SKU = max_chars(Product, "sku")


def free_skus(groups: list[RowGroup]) -> list[str]:
    """Return for each new product the SKU of its first size, or one like it."""
    wanted = [group.first.sku for group in groups]
    # That of a product whose size it was.
    taken = set(Product.objects.with_skus(wanted).values_list("sku", flat=True))
    return [
        f"{sku[: _MAX_SKU - 9]}-{short_digest(f'{sku} {group.colour}')}"
        if sku in taken
        else sku
        for sku, group in zip(wanted, groups, strict=True)
    ]


def free_slugs(groups: list[RowGroup]) -> list[str]:
    """Return for each new product a slug of title and SKU, as in the admin."""
    names = [(g.product_values()["title"], g.first.sku) for g in groups]
    return slugs.free_slugs(names)
