"""Show one product of a style, whatever its colours."""

from collections.abc import Sequence

from catalog.models import Product
from search.query.nearest import Hit


def one_per_group(hits: Sequence[Hit], *, without: str = "") -> list[Hit]:
    """Keep the first hit of each group, and none of the group `without`."""
    products = Product.objects.filter(pk__in=[hit.product_id for hit in hits])
    grouped = products.exclude(group="").order_by()
    groups = dict(grouped.values_list("pk", "group"))
    seen = {without}
    kept = []
    for hit in hits:
        group = groups.get(hit.product_id)
        if group is None or group not in seen:
            kept.append(hit)
            seen.add(group or "")
    return kept
