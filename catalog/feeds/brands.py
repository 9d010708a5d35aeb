"""One spelling for each brand, however its rows write it."""

from django.db.models import Count

from catalog.models import Product
from catalog.slugs import comparable


class BrandSpellings:
    """The shop's spellings of its brands, the most frequent of each, and new ones."""

    def __init__(self) -> None:
        named = Product.objects.exclude(brand="").order_by()
        counts = named.values_list("brand").annotate(count=Count("pk"))
        self._spellings = {
            comparable(brand): brand
            for brand, _ in sorted(counts, key=lambda each: (each[1], each[0]))
        }

    def spell(self, brand: str) -> str:
        return self._spellings.setdefault(comparable(brand), brand) if brand else ""
