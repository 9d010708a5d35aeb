"""What an answer could be narrowed to next, with how many products each choice has."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from catalog.filters import Filters
from catalog.models import Category, Product, ProductImage
from search.nearest import MAX_K
from search.ranking import Found

MOST_VALUES = 40  # of one facet; chosen ones are always there
# Facet -> the fields of Filters it stands for.
_FIELDS = {
    "categories": ["categories"],
    "brands": ["brands"],
    "colours": ["colours"],
    "prices": ["price_min_cents", "price_max_cents"],
    "in_stock": ["in_stock"],
}
# Ends of the price ranges offered, in cents.
PRICE_STEPS = (2500, 5000, 10_000)


@dataclass(frozen=True)
class Value:
    """`count` products have it. `name` is for people."""

    value: str
    name: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class PriceRange:
    """Both ends included; None is open."""

    min_cents: int | None
    max_cents: int | None
    count: int
    chosen: bool

    @property
    def name(self) -> str:
        """`Under 25`, `25 to 50`, `100 and more`: whole units read easier, and the
        cent between two ranges misleads nobody."""
        low, high = (
            (n + 50) // 100 for n in (self.min_cents or 0, self.max_cents or 0)
        )
        if self.min_cents is None:
            return f"Under {high}" if self.max_cents is not None else "Any price"
        return f"{low} and more" if self.max_cents is None else f"{low} to {high}"


@dataclass(frozen=True)
class Facets:
    categories: list[Value]
    brands: list[Value]
    colours: list[Value]
    prices: list[PriceRange]
    in_stock: int
    at_least: bool  # there are more candidates than a query keeps


@dataclass(frozen=True)
class _Facts:
    category: tuple[str, str]
    brand: str
    colours: frozenset[str]
    price_cents: int
    in_stock: bool


def count_facets(
    filters: Filters, hits_of: Callable[[Filters], Iterable[Found]]
) -> Facets:
    """Counted on the query's candidates, `hits_of(...)`.

    The values of a facet are counted among what the other filters let through, so
    that they say what choosing one more of them would add.
    """
    others = {name: filters.without(*fields) for name, fields in _FIELDS.items()}
    found = {each: list(hits_of(each)) for each in set(others.values())}
    lists = {n: [hit.product_id for hit in found[others[n]]] for n in _FIELDS}
    known = _facts({id_ for ids in lists.values() for id_ in ids})
    facts = {name: [known[i] for i in ids if i in known] for name, ids in lists.items()}
    categories = Counter(fact.category for fact in facts["categories"])
    names = {slug: (name, n) for (slug, name), n in categories.items()}
    if missing := set(filters.categories) - set(names):
        found_none = Category.objects.filter(slug__in=missing)
        names |= {one.slug: (one.name, 0) for one in found_none}
    brands = Counter(fact.brand for fact in facts["brands"] if fact.brand)
    colours = Counter(c for fact in facts["colours"] for c in fact.colours)
    return Facets(
        categories=_values(names, filters.categories),
        brands=_values({b: (b, n) for b, n in brands.items()}, filters.brands),
        colours=_values({c: (c, n) for c, n in colours.items()}, filters.colours),
        prices=_ranges([fact.price_cents for fact in facts["prices"]], filters),
        in_stock=sum(fact.in_stock for fact in facts["in_stock"]),
        at_least=any(len(hits) == MAX_K for hits in found.values()),
    )


def _facts(ids: set[int]) -> dict[int, _Facts]:
    colours: dict[int, set[str]] = defaultdict(set)
    photos = ProductImage.objects.filter(product__in=ids)
    for product_id, names in photos.order_by().values_list("product_id", "colours"):
        colours[product_id].update(names)
    products = Product.objects.filter(pk__in=ids).order_by()
    return {
        pk: _Facts((slug, name), brand, frozenset(colours[pk]), cents, stock > 0)
        for pk, slug, name, brand, cents, stock in products.values_list(
            *("pk", "category__slug", "category__name", "brand"),
            *("price_cents", "stock"),
        )
    }


def _values(counts: dict[str, tuple[str, int]], chosen: Iterable[str]) -> list[Value]:
    """The most frequent first; what was chosen is there even with nothing found."""
    found = {value: (value, 0) for value in chosen} | counts
    values = [
        Value(value, name, count, value in chosen)
        for value, (name, count) in found.items()
    ]
    values.sort(key=lambda value: (-value.count, value.name))
    return [v for n, v in enumerate(values) if n < MOST_VALUES or v.chosen]


def _ranges(cents: list[int], filters: Filters) -> list[PriceRange]:
    """Those with products, cheapest first."""
    lows = [None, *PRICE_STEPS]
    highs = [*(step - 1 for step in PRICE_STEPS), None]
    asked = (filters.price_min_cents, filters.price_max_cents)
    ranges = [
        PriceRange(
            low,
            high,
            _within(cents, low, high),
            asked == (low, high),
        )
        for low, high in zip(lows, highs, strict=True)
    ]
    if asked != (None, None) and not any(each.chosen for each in ranges):
        ranges.append(PriceRange(*asked, _within(cents, *asked), True))
    return [each for each in ranges if each.count or each.chosen]


def _within(cents: list[int], low: int | None, high: int | None) -> int:
    return sum((low or 0) <= c and (high is None or c <= high) for c in cents)
