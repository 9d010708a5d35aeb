"""What narrows or moves a search, beside what it started from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from django.utils.translation import gettext as _

from catalog.error_codes import ErrorCode
from catalog.filters import Filters, ParameterError
from catalog.parameters import ORDERINGS
from catalog.words import clean
from search.query.nearest import NO_FILTERS
from search.query.weights import NO_WEIGHTS, Weights

MAX_SKUS = 20  # of likes, and of dislikes


@dataclass(frozen=True)
class Refinement:
    """Filters, words, SKUs of products to come nearer to or to move away from, the
    weights of the vector's parts, the garment in the picture, and the order.

    Raises ParameterError.
    """

    filters: Filters = NO_FILTERS
    words: str = ""
    like: tuple[str, ...] = ()
    dislike: tuple[str, ...] = ()
    weights: Weights = NO_WEIGHTS
    garment: int = 1  # of those in the picture, counted from 1
    ordering: str = ""  # a key of ORDERINGS; empty: the best first

    def __post_init__(self) -> None:
        if self.words:
            object.__setattr__(self, "words", clean(self.words))
        for name in ("like", "dislike"):
            skus = tuple(sorted(set(getattr(self, name))))
            object.__setattr__(self, name, skus)
        if both := set(self.like) & set(self.dislike):
            message = _("%s is both liked and disliked. Remove one of them.") % min(
                both
            )
            raise ParameterError("dislike", ErrorCode.CONFLICT, message)

    @classmethod
    def from_parameters(cls, values: Mapping[str, Any]) -> Self:
        ordering = values.get("ordering") or ""
        like = tuple(filter(None, values.get("like") or ()))
        dislike = tuple(filter(None, values.get("dislike") or ()))
        return cls(
            Filters.from_parameters(values),
            values.get("words") or "",
            like,
            dislike,
            Weights.from_parameters(values),
            values.get("garment") or 1,
            "" if ordering == "relevance" else ordering,
        )

    @property
    def full(self) -> list[str]:
        return [n for n in ("like", "dislike") if len(getattr(self, n)) >= MAX_SKUS]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Return what `from_parameters` reads, as pairs for a query string."""
        pairs = list(self.filters.parameters)
        pairs += [("words", self.words)] if self.words else []
        pairs += [("like", sku) for sku in self.like]
        pairs += [("dislike", sku) for sku in self.dislike]
        pairs += [("garment", str(self.garment))] if self.garment > 1 else []
        pairs += [("ordering", self.ordering)] if self.ordering else []
        return pairs + self.weights.parameters

    @property
    def order(self) -> Sequence[str]:
        """Return the fields of Product to order by, none for the best first."""
        return ORDERINGS[self.ordering] if self.ordering else ()

    @property
    def key(self) -> str:
        if self == NO_REFINEMENT:
            return ""
        return sha256(repr(self).encode()).hexdigest()[:32]


NO_REFINEMENT = Refinement()
