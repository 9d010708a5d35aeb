"""Every page and GET endpoint, with a number of different addresses for each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from urllib.parse import quote, urlencode

from catalog.models import Category, Product
from catalog.photos.colours import COLOUR_NAMES


@dataclass(frozen=True)
class PageKind:
    """A kind of page; `address` draws one of its addresses."""

    name: str
    address: Callable[[], str]
    returning: bool = False  # opened by somebody who has viewed products
    fragment: bool = False  # fetched by htmx


def page_kinds(random: Random, searches: Sequence[str]) -> Iterator[PageKind]:
    """Yield the kinds of pages. `searches` are ids of kept searches."""
    draw = _Draw(random, searches)
    yield from _lists(draw)
    yield from _product_pages(draw)
    yield from _search_pages(draw)
    yield from _api(draw)
    for path in (
        "/healthz",
        "/readyz",
        "/favourites/",
        "/search/",
        "/api/v1/",
        "/api/docs/",
    ):
        yield PageKind(path, partial(str, path))


class _Draw:
    """Draws values that the shop has."""

    def __init__(self, random: Random, searches: Sequence[str]) -> None:
        products = Product.objects.published()
        rows = products.order_by("?").values_list("sku", "slug", "title", "brand")
        self._rows = list(rows[:2000])
        self._slugs = list(Category.objects.values_list("slug", flat=True))
        self._random, self._searches = random, searches
        self._one = random.choice

    def sku(self) -> str:
        return self._one(self._rows)[0]

    def slug(self) -> str:
        return self._one(self._rows)[1]

    def search(self) -> str:
        return self._one(self._searches)

    def words(self) -> str:
        """Return one to three words of a title."""
        words = self._one(self._rows)[2].split()
        return " ".join(words[-self._random.randint(1, 3) :])

    def misspelt(self) -> str:
        word = max(self._one(self._rows)[2].split(), key=len)
        return word[:2] + word[3:]

    def beginning(self, letters: int) -> str:
        return self._one(self._one(self._rows)[2].split())[:letters]

    def category(self) -> dict[str, str]:
        return {"category": self._one(self._slugs)}

    def filters(self) -> dict[str, str]:
        """Return one to three filters."""
        low = self._random.randint(1000, 9000)
        chosen = self._random.sample(range(5), self._random.randint(1, 3))
        filters = {
            0: self.category(),
            1: {"brand": self._one(self._rows)[3]},
            2: {"colour": self._one(COLOUR_NAMES)},
            3: {"price": f"{low}-{low + 4000}"},
            4: {"in_stock": "true"},
        }
        return {k: v for each in chosen for k, v in filters[each].items()}

    def api_filters(self) -> dict[str, str]:
        filters = self.filters()
        low, _, high = filters.pop("price", "").partition("-")
        return filters | ({"price_min": low, "price_max": high} if low else {})

    def page(self, last: int) -> dict[str, str]:
        return {"page": str(self._random.randint(2, last))}


def _at(
    path: str, *parts: Callable[[], dict[str, str]], **fixed: str
) -> Callable[[], str]:
    def address() -> str:
        values = {k: v for part in parts for k, v in part().items()} | fixed
        return f"{path}?{urlencode(values)}" if values else path

    return address


def _lists(draw: _Draw) -> Iterator[PageKind]:
    words = partial(_named, "q", draw.words)
    yield PageKind("front page", _at("/"))
    yield PageKind("front page, returning", _at("/"), returning=True)
    yield PageKind("category", _at("/", draw.category))
    yield PageKind("filters", _at("/", draw.filters))
    for sort in ("newest", "price_up", "price_down"):
        yield PageKind(f"sorted by {sort}", _at("/", sort=sort))
    yield PageKind("filters, by price", _at("/", draw.filters, sort="price_up"))
    yield PageKind("words", _at("/", words))
    yield PageKind("words and filters", _at("/", words, draw.filters))
    yield PageKind("words, by price", _at("/", words, sort="price_up"))
    yield PageKind("typing error", _at("/", partial(_named, "q", draw.misspelt)))
    yield PageKind("deep page", _at("/", partial(draw.page, 100)))
    yield PageKind("deep page of words", _at("/", _broad_words, page="20"))
    yield PageKind("filter box", _at("/filters/"), fragment=True)
    boxes = _at("/filters/", draw.filters)
    yield PageKind("filter box, filters", boxes, fragment=True)
    boxes = _at("/filters/", words, draw.filters)
    yield PageKind("filter box, words and filters", boxes, fragment=True)
    for letters in (2, 4):
        begun = partial(_named, "q", partial(draw.beginning, letters))
        yield PageKind(f"suggestions, {letters} letters", _at("/suggestions/", begun))


def _named(name: str, value: Callable[[], str]) -> dict[str, str]:
    return {name: value()}


def _broad_words() -> dict[str, str]:
    return {"q": "cotton"}


def _product_pages(draw: _Draw) -> Iterator[PageKind]:
    def page() -> str:
        return f"/products/{draw.slug()}/"

    def late() -> str:
        return f"{page()}more/"

    yield PageKind("product page", page)
    yield PageKind("product page, late part", late, fragment=True)
    yield PageKind(
        "product page, late part, returning", late, returning=True, fragment=True
    )
    yield PageKind("product page, returning", page, returning=True)


def _search_pages(draw: _Draw) -> Iterator[PageKind]:
    def start() -> str:
        return f"/search/?product={quote(draw.sku())}"

    def results(*parts: Callable[[], dict[str, str]], box: str = "") -> str:
        return _at(f"/search/{draw.search()}/{box}", *parts)()

    words = partial(_named, "words", draw.words)
    yield PageKind("search with a product", start)
    yield PageKind("photo results", results)
    yield PageKind("photo results, filters", partial(results, draw.filters))
    yield PageKind("photo results, words", partial(results, words))
    yield PageKind("photo results, page", partial(results, partial(draw.page, 4)))
    boxes = partial(results, box="filters/")
    yield PageKind("photo results, filter box", boxes, fragment=True)
    boxes = partial(results, draw.filters, box="filters/")
    yield PageKind("photo results, filters in the box", boxes, fragment=True)
    yield PageKind(
        "photo results, htmx", partial(results, draw.category), fragment=True
    )


def _api(draw: _Draw) -> Iterator[PageKind]:
    path = "/api/v1/products/"
    words = partial(_named, "q", draw.words)
    yield PageKind("API list", _at(path))
    yield PageKind("API list, filters", _at(path, draw.api_filters))
    yield PageKind("API list, facets", _at(path, facets="true"))
    yield PageKind(
        "API list, filters, facets", _at(path, draw.api_filters, facets="true")
    )
    yield PageKind("API list, words", _at(path, words))
    yield PageKind("API list, words, facets", _at(path, words, facets="true"))
    for ordering in ("price", "-price", "created"):
        yield PageKind(f"API list, by {ordering}", _at(path, ordering=ordering))
    yield PageKind("API list, deep page", _at(path, partial(draw.page, 100)))
    yield PageKind("API SKUs", _at(path, partial(_named, "sku", draw.sku)))
    yield PageKind("API product", lambda: f"{path}{draw.sku()}/")
    yield PageKind("API similar", lambda: f"{path}{draw.sku()}/similar/")
    yield PageKind("API goes with", lambda: f"{path}{draw.sku()}/goes-with/")
    seeds = partial(_named, "product", draw.sku)
    yield PageKind("API recommendations", _at("/api/v1/recommendations/", seeds))
    yield PageKind("API categories", _at("/api/v1/categories/"))
    begun = partial(_named, "q", partial(draw.beginning, 3))
    yield PageKind("API suggestions", _at("/api/v1/suggestions/", begun))

    def search(*parts: Callable[[], dict[str, str]], **fixed: str) -> str:
        return _at(f"/api/v1/search/{draw.search()}/", *parts, **fixed)()

    found = _at("/api/v1/search/", partial(_named, "words", draw.words))
    yield PageKind("API search by words", found)
    yield PageKind("API search page", partial(search, partial(draw.page, 4)))
    yield PageKind("API search, filters", partial(search, draw.api_filters))
    yield PageKind("API search, facets", partial(search, facets="true"))
