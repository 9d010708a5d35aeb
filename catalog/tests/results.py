from catalog.models import Product
from catalog.words import find


def found(words: str, **options) -> list[str]:
    """Return the titles of the products that the words find, best first."""
    titles = dict(Product.objects.values_list("id", "title"))
    return [titles[id_] for id_ in find(words, **options)]
