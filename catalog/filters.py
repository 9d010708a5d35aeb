"""The filters of lists and searches, checked in one place for pages and API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from itertools import islice
from typing import Any, Self

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog.facets import FACETS, VALUES_FACETS, Facet, ValuesFacet
from catalog.models import Product, ProductImage, ProductQuerySet

MAX_VALUES = 100  # per filter
MAX_CENTS = 2**31 - 1
_MAX_LISTED = 20  # known values listed in an error message
# Parameter of pages and API -> field of Filters.
PARAMETERS = {
    parameter: field
    for facet in FACETS
    for parameter, field in facet.parameters.items()
}


class ParameterError(ValueError):
    """A request's parameter `name` has a value that is not allowed.

    The message is for people; `code` stays the same for programs.
    """

    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(message)
        self.name, self.code = name, code


@dataclass(frozen=True)
class Filters:
    """Filters combine with AND, the values of one filter with OR."""

    categories: tuple[str, ...] = ()  # slugs
    brands: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()  # of one photo, as the next two
    sizes: tuple[str, ...] = ()
    genders: tuple[str, ...] = ()
    age_groups: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    seen_patterns: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    price_min_cents: int | None = None
    price_max_cents: int | None = None
    in_stock: bool | None = None  # False: only what is not

    def __post_init__(self) -> None:
        for facet in VALUES_FACETS:
            values = tuple(sorted(set(getattr(self, facet.name))))
            object.__setattr__(self, facet.name, values)

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        """Build from parameters, dropping the empty values that forms send."""
        given = {PARAMETERS[n]: v for n, v in parameters.items() if n in PARAMETERS}
        for facet in VALUES_FACETS:
            given[facet.name] = tuple(filter(None, given.get(facet.name) or ()))
        return cls(**given)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Return (name, value) pairs for a query string."""
        pairs: list[tuple[str, str]] = []
        for name, field in PARAMETERS.items():
            value = getattr(self, field)
            if isinstance(value, tuple):
                pairs += [(name, each) for each in value]
            elif value is not None:
                pairs.append((name, str(value).lower()))
        return pairs

    def __bool__(self) -> bool:
        return self != Filters()

    @property
    def key(self) -> str:
        """Return a short key, equal for equal filters; "" without any."""
        return sha256(repr(self).encode()).hexdigest()[:32] if self else ""

    def chosen(self, facet: Facet) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in facet.parameters.values())

    def except_facet(self, facet: Facet) -> Self:
        names = facet.parameters.values()
        defaults: Any = {f.name: f.default for f in fields(self) if f.name in names}
        return replace(self, **defaults)

    def check(self) -> None:
        """Raise ParameterError for values that nothing in the shop has."""
        for facet in VALUES_FACETS:
            if values := getattr(self, facet.name):
                _check_known(facet, values)

    def photo_condition(self, path: str = "") -> Q:
        """Return the condition on photos of published products.

        `path` leads to the photo, as `image__`.
        """
        condition = Q(**{f"{path}product__status": Product.Status.PUBLISHED})
        if not self:
            return condition
        for facet in FACETS:
            start = path if facet.of_photos else f"{path}product__"
            lookups = facet.lookups(*self.chosen(facet))
            condition &= Q(**{f"{start}{name}": v for name, v in lookups.items()})
        return condition

    def products(self) -> ProductQuerySet:
        """Return published products, including those without a photo."""
        products = Product.objects.published()
        for facet in FACETS:
            lookups = facet.lookups(*self.chosen(facet))
            if lookups and facet.of_photos:
                photos = ProductImage.objects.filter(**lookups).order_by()
                lookups = {"pk__in": photos.values("product")}
            products = products.filter(**lookups)
        return products


def _check_known(facet: ValuesFacet, values: Iterable[str]) -> None:
    unknown = facet.unknown_values(values)
    if not unknown:
        return
    known = list(islice(facet.known_values(), _MAX_LISTED + 1))
    more = ", ..." if len(known) > _MAX_LISTED else ""
    listed = ", ".join(known[:_MAX_LISTED]) + more
    raise ParameterError(
        facet.parameter,
        f"unknown_{facet.parameter}",
        _("There is no %(facet)s %(value)r. There are: %(listed)s.")
        % {
            "facet": pgettext("parameter", facet.parameter),
            "value": unknown[0][:80],
            "listed": listed or _("none yet"),
        },
    )
