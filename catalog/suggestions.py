"""What somebody who is typing words may mean."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from catalog.models import Category, Product, ProductQuerySet
from catalog.words import Reading, clean, read

MIN_CHARS = 2
MAX_NAMES = 3  # of categories, and of brands
MAX_PRODUCTS = 6


@dataclass(frozen=True)
class Suggestion:
    name: str
    kind: str  # for people; nothing for a product
    address: str


def suggest(words: str) -> list[Suggestion]:
    """Categories, brands and products, the last word taken as a beginning; where there
    are none, other words for those no product has. Raises WordsError."""
    text = clean(words)
    if len(text) < MIN_CHARS:
        return []
    products = Product.objects.published()
    found = [*_categories(text), *_brands(text, products)]
    titles = _titles(products.matching(Reading(text, text, beginning=True).query))
    if not found and not titles and (reading := read(text)).corrected:
        address = _listed(q=reading.words)
        found = [Suggestion(reading.words, "Did you mean", address)]
        titles = _titles(products.matching(reading.query))
    return found + titles


def _categories(text: str) -> list[Suggestion]:
    sold = Product.objects.published().filter(category=OuterRef("pk"))
    named = Category.objects.filter(_begins("name", text), Exists(sold))
    return [
        Suggestion(one.name, "Category", one.get_absolute_url())
        for one in named[:MAX_NAMES]
    ]


def _brands(text: str, products: ProductQuerySet) -> list[Suggestion]:
    # A LIMIT would lead the planner through all brands in order.
    names = list(products.filter(_begins("brand", text)).brands())[:MAX_NAMES]
    return [Suggestion(name, "Brand", _listed(brand=name)) for name in names]


def _begins(field: str, text: str) -> Q:
    """The name or one of its words begins with the text."""
    inner = {f"{field}__icontains": f" {text}"}
    return Q(**{f"{field}__istartswith": text}) | Q(**inner)


def _titles(products: ProductQuerySet) -> list[Suggestion]:
    """The best, each title once: many products may have the same."""
    best = products.only("title", "slug")[: 5 * MAX_PRODUCTS]
    first: dict[str, Product] = {}
    for one in best:
        first.setdefault(one.title, one)
    found = [Suggestion(n, "", one.get_absolute_url()) for n, one in first.items()]
    return found[:MAX_PRODUCTS]


def _listed(**parameters: str) -> str:
    return f"{reverse('storefront:home')}?{urlencode(parameters)}"
