"""Find products without a variant, which have come past the application."""

from catalog.models import Product
from catalog.variants.stock import CHUNK, add_missing_variants


def add_all_missing_variants() -> None:
    ids = Product.objects.without_variants().order_by("pk").values_list("pk", flat=True)
    last = 0
    while chunk := list(ids.filter(pk__gt=last)[:CHUNK]):
        add_missing_variants(chunk)
        last = chunk[-1]
