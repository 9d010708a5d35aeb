"""How a search is refined, beside what it started from: one value, in its address."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from catalog.filters import Filters, ParameterError
from catalog.words import WordsError, clean
from search.query.nearest import NO_FILTERS

MAX_SKUS = 20  # of likes, and of dislikes


@dataclass(frozen=True)
class Wish:
    """Filters, words, and products to come nearer to or to move away from.

    Raises ParameterError.
    """

    filters: Filters = NO_FILTERS
    words: str = ""
    like: tuple[str, ...] = ()  # SKUs
    dislike: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "words", clean(self.words))
        except WordsError as error:
            raise ParameterError("words", "too_long", str(error)) from error
        for name in ("like", "dislike"):
            skus = tuple(sorted(set(getattr(self, name))))
            object.__setattr__(self, name, skus)
            if len(skus) > MAX_SKUS:
                message = f"At most {MAX_SKUS} products, not {len(skus)}."
                raise ParameterError(name, "too_many", message)
        if both := set(self.like) & set(self.dislike):
            message = f"{min(both)} is in `like` too. Leave it in one of them."
            raise ParameterError("dislike", "liked_too", message)

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """From parameters by their names; "", as forms send it, is none."""
        skus = {n: tuple(filter(None, asked.get(n) or ())) for n in ("like", "dislike")}
        return cls(Filters.from_parameters(asked), asked.get("words") or "", **skus)

    @property
    def full(self) -> list[str]:
        """Which of "like" and "dislike" can take no other product."""
        return [n for n in ("like", "dislike") if len(getattr(self, n)) >= MAX_SKUS]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """What `of` reads, as (name, value) pairs for an address."""
        pairs = list(self.filters.parameters)
        pairs += [("words", self.words)] if self.words else []
        for name in ("like", "dislike"):
            pairs += [(name, sku) for sku in getattr(self, name)]
        return pairs

    def __bool__(self) -> bool:
        return bool(self.parameters)

    @property
    def key(self) -> str:
        """Short and the same for the same wish; "" for none."""
        return sha256(repr(self).encode()).hexdigest()[:32] if self else ""


NO_WISH = Wish()
