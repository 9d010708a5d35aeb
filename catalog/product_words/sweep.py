"""Find products whose words are missing or out of date."""

from collections import Counter

from django.db.models import QuerySet

from catalog.models import Product
from catalog.product_words.refresh import CHUNK, refresh_words
from catalog.product_words.vocabulary import recount_words


def refresh_pending() -> int:
    """Give words to products that have none, or older ones; return their number."""
    return _refresh(Product.objects.without_words())


def refresh_all() -> None:
    """Compare the words of every product, also those that plain SQL has changed."""
    counts: Counter[str] = Counter()
    _refresh(Product.objects.all(), counts)
    recount_words(counts)


def _refresh(products: QuerySet[Product], counts: Counter[str] | None = None) -> int:
    ids = products.order_by("pk").values_list("pk", flat=True)
    count = last = 0
    while chunk := list(ids.filter(pk__gt=last)[:CHUNK]):
        refresh_words(chunk, counts)
        count, last = count + len(chunk), chunk[-1]
    return count
