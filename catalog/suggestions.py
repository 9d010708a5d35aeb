"""Suggestions while somebody types into the search field."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog.facets import list_brands
from catalog.models import Category, Product, ProductImage
from catalog.photos.colours import COLOUR_NAMES
from catalog.product_words.letters import fold
from catalog.slugs import comparable
from catalog.word_query.popular import popular_searches
from catalog.words import WordsQuery, clean, interpret

MIN_CHARS = 2
MAX_NAMES = 3  # each of categories, brands, colours and popular searches
MAX_PRODUCTS = 6
MAX_RANKED_TITLES = 200  # the newest, if more begin like this


@dataclass(frozen=True)
class Suggestion:
    name: str
    kind: str  # for people; empty for a product
    address: str


def suggest(words: str) -> list[Suggestion]:
    """Return categories, brands, colours, popular searches and products.

    The last word is a prefix.

    Without any, suggest the words with typing errors corrected. Raises WordsError.
    """
    text = clean(words)
    if len(text) < MIN_CHARS:
        return []
    names = [*_categories(text), *_brands(text), *_colours(text)]
    names += [
        Suggestion(words, _("Popular"), _list_url(q=words))
        for words in popular_searches(text, MAX_NAMES)
    ]
    titles = _titles(WordsQuery.of(text, last_is_prefix=True))
    if not names and not titles and (query := interpret(text)).corrected:
        url = _list_url(q=query.words)
        names = [Suggestion(query.words, _("Did you mean"), url)]
        titles = _titles(query)
    return names + titles


def _categories(text: str) -> list[Suggestion]:
    products = Product.objects.published().filter(category=OuterRef("pk"))
    named = Category.objects.filter(_begins("name", text), Exists(products))
    return [
        Suggestion(
            pgettext("category", one.name),
            pgettext("facet", "Category"),
            one.get_absolute_url(),
        )
        for one in named[:MAX_NAMES]
    ]


def _brands(text: str) -> list[Suggestion]:
    if not (begun := comparable(text)):  # nothing of the text is visible
        return []
    names = [name for name in list_brands() if f" {begun}" in f" {comparable(name)}"]
    return [
        Suggestion(name, pgettext("facet", "Brand"), _list_url(brand=name))
        for name in names[:MAX_NAMES]
    ]


def _colours(text: str) -> list[Suggestion]:
    names = {name: pgettext("colour", name) for name in COLOUR_NAMES}
    given = f" {fold(text)}"
    begun = [
        (value, name)
        for value, name in names.items()
        if given in f" {value}" or given in f" {fold(name)}"
    ]
    if not begun:
        return []
    photos = ProductImage.objects.filter(product__status=Product.Status.PUBLISHED)
    return [
        Suggestion(name, pgettext("facet", "Colour"), _list_url(colour=value))
        for value, name in begun[:MAX_NAMES]
        if photos.filter(colours__contains=[value]).exists()
    ]


def _begins(field: str, text: str) -> Q:
    later_word = {f"{field}__icontains": f" {text}"}
    return Q(**{f"{field}__istartswith": text}) | Q(**later_word)


def _titles(query: WordsQuery) -> list[Suggestion]:
    # Two letters begin a word of nearly every product.
    ranked = Product.objects.published().best_of_newest(query.query, MAX_RANKED_TITLES)
    best = ranked.only("title", "slug")[: 5 * MAX_PRODUCTS]
    by_title: dict[str, Product] = {}  # many products may have one title
    for product in best:
        by_title.setdefault(product.title, product)
    return [
        Suggestion(title, "", product.get_absolute_url())
        for title, product in by_title.items()
    ][:MAX_PRODUCTS]


def _list_url(**parameters: str) -> str:
    return f"{reverse('storefront:home')}?{urlencode(parameters)}"
