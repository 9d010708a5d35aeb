"""What a search may be narrowed to: one value, checked once, for pages and API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Any, Self

from django.db.models import Q

from catalog.models import Category, Product, ProductImage, ProductQuerySet
from catalog.photos.colours import COLOUR_NAMES

MAX_VALUES = 100  # of one filter
MAX_CENTS = 2**31 - 1
_SHOWN = 20  # names told in an error message
# Parameter of pages and API -> field of Filters.
PARAMETERS = {
    "category": "categories",
    "brand": "brands",
    "colour": "colours",
    "price_min": "price_min_cents",
    "price_max": "price_max_cents",
    "in_stock": "in_stock",
}


class ParameterError(ValueError):
    """What is asked cannot be: `name` is the parameter's, `code` stays the same."""

    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(message)
        self.name, self.code = name, code


@dataclass(frozen=True)
class Filters:
    """Several values of one filter mean any of them; all filters must hold.

    A photo, not only its product, must show one of the colours: what is found by
    colour is shown in that colour. Raises ParameterError.
    """

    categories: tuple[str, ...] = ()  # slugs
    brands: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    price_min_cents: int | None = None
    price_max_cents: int | None = None
    in_stock: bool | None = None  # False: only what is sold out

    def __post_init__(self) -> None:
        for name in ("category", "brand", "colour"):
            field = PARAMETERS[name]
            values = tuple(sorted(set(getattr(self, field))))
            object.__setattr__(self, field, values)
            if len(values) > MAX_VALUES:
                message = f"At most {MAX_VALUES} values, not {len(values)}."
                raise ParameterError(name, "too_many", message)
        check_values("colour", self.colours, COLOUR_NAMES)
        self._check_prices()

    def _check_prices(self) -> None:
        for name in ("price_min", "price_max"):
            cents = getattr(self, PARAMETERS[name])
            if cents is not None and not 0 <= cents <= MAX_CENTS:
                message = f"A price is 0 to {MAX_CENTS} cents."
                raise ParameterError(name, "out_of_range", message)
        low, high = self.price_min_cents, self.price_max_cents
        if low is not None and high is not None and low > high:
            message = f"The lowest price, {low}, is above the highest, {high}."
            raise ParameterError("price_min", "empty_range", message)

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """From parameters by their names; "" in a list, as forms send it, is none."""
        given = {PARAMETERS[n]: value for n, value in asked.items() if n in PARAMETERS}
        for field in ("categories", "brands", "colours"):
            given[field] = tuple(filter(None, given.get(field) or ()))
        return cls(**given)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """What `of` reads, as (name, value) pairs for an address."""
        pairs: list[tuple[str, str]] = []
        for name, field in PARAMETERS.items():
            value = getattr(self, field)
            if isinstance(value, tuple):
                pairs += [(name, each) for each in value]
            elif value is not None:
                pairs.append((name, str(value).lower()))
        return pairs

    def __bool__(self) -> bool:
        return bool(self.parameters)

    @property
    def key(self) -> str:
        """Short and the same for the same filters; "" for none."""
        return sha256(repr(self).encode()).hexdigest()[:32] if self else ""

    def without(self, *names: str) -> Self:
        """These filters less the named ones."""
        open_ = {f.name: f.default for f in fields(self) if f.name in names}
        return replace(self, **open_)  # type: ignore[arg-type]

    def check(self) -> None:
        """Raises ParameterError for a category or brand that the shop does not have."""
        if self.categories:
            known = Category.objects.values_list("slug", flat=True)
            check_values("category", self.categories, known)
        if self.brands:
            found = Product.objects.published().of_brands(self.brands).brands()
            if missing := set(self.brands) - set(found):
                every = Product.objects.published().brands()[: _SHOWN + 1]
                check_values("brand", sorted(missing), every)

    def of_photos(self, photo: str = "") -> Q:
        """Published and as wanted; `photo` is the way to the photo, as `image__`."""
        wanted = self._of_products(f"{photo}product__")
        if self.colours:
            wanted &= Q(**{f"{photo}colours__overlap": list(self.colours)})
        return wanted

    def products(self) -> ProductQuerySet:
        """Published and as wanted, those without a photo too."""
        found = Product.objects.filter(self._of_products())
        if self.colours:
            shown = ProductImage.objects.filter(colours__overlap=list(self.colours))
            found = found.filter(pk__in=shown.order_by().values("product"))
        return found

    def _of_products(self, product: str = "") -> Q:
        wanted: dict[str, Any] = {f"{product}status": Product.Status.PUBLISHED}
        if self.categories:
            wanted[f"{product}category__slug__in"] = self.categories
        if self.brands:
            wanted[f"{product}brand__in"] = self.brands
        if self.price_min_cents is not None:
            wanted[f"{product}price_cents__gte"] = self.price_min_cents
        if self.price_max_cents is not None:
            wanted[f"{product}price_cents__lte"] = self.price_max_cents
        if self.in_stock is not None:
            wanted[f"{product}stock__gt" if self.in_stock else f"{product}stock"] = 0
        return Q(**wanted)


def check_values(name: str, values: Iterable[str], known: Iterable[str]) -> None:
    """Raises ParameterError for the first value that is not known, naming some."""
    names = list(known)
    if missing := [value for value in values if value not in names]:
        shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        raise ParameterError(
            name,
            f"unknown_{name}",
            f"There is no {name} {missing[0][:80]!r}."
            f" There are: {shown or 'none yet'}.",
        )
