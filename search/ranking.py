"""From a question to its ordered answer: by look, by words, or by both at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np

from catalog import words
from catalog.filters import Filters, ParameterError
from catalog.models import ProductImage
from search.asking import Look, looks_of, unit
from search.encoders import network_of
from search.models import Encoder
from search.nearest import MAX_K, Hit, candidates, nearest, nearest_of
from search.wishes import Wish

# Weights of what was asked with, of likes and of dislikes. Rocchio, "Relevance
# feedback in information retrieval" (1971).
ASKED, LIKED, DISLIKED = 1.0, 0.75, 0.5
# Cormack, Clarke, Büttcher, "Reciprocal rank fusion" (2009).
RANK_OFFSET = 60


class Found(NamedTuple):
    """A product in an answer, by the photo that is shown of it.

    `distance` is cosine distance, 0..2; None where words found a product that has
    nothing to compare. `image_id` is None where it has no photo.
    """

    product_id: int
    image_id: int | None
    distance: float | None


class Answer(NamedTuple):
    """The best hits. `whole`: there are no more; `complete`: none was missed among
    these. `by_words`: how many products the words found, None without words."""

    hits: list[Found]
    whole: bool
    complete: bool
    by_words: int | None = None


@dataclass(frozen=True)
class Question:
    """What is kept of a search: what its pictures look like, None without any, and
    the product it was asked with, which it does not find."""

    encoder: Encoder
    vector: np.ndarray | None
    product_id: int | None = None

    def answer(self, wish: Wish, k: int = MAX_K) -> Answer:
        """The k best within the encoder's last band, and whatever the words found.

        Raises ParameterError and EncoderRetired.
        """
        likes = looks_of("like", wish.like, self.encoder)
        dislikes = looks_of("dislike", wish.dislike, self.encoder)
        vector = moved(self.vector, likes, dislikes)
        left_out = {look.product_id for look in dislikes}
        if self.product_id is not None:
            left_out.add(self.product_id)
        drawn = self.vector is not None or bool(likes)
        if wish.words:
            return self._by_words(wish, vector, drawn, left_out)
        if vector is None or not drawn:
            message = "There is nothing to search by: give words, or products to like."
            raise ParameterError("words", "required", message)
        return self._by_look(wish.filters, vector, left_out, k)

    def _by_look(
        self, filters: Filters, vector: np.ndarray, left_out: set[int], k: int
    ) -> Answer:
        """Whole as soon as a hit lies beyond the last band."""
        asked = min(k + len(left_out), MAX_K)
        hits, complete = self._nearest(filters, vector, asked)
        near = [hit for hit in hits if hit.distance <= self.reach]
        shown = [Found(*hit) for hit in near if hit.product_id not in left_out][:k]
        whole = len(hits) < asked or len(near) < len(hits) or k == MAX_K
        return Answer(shown, whole, complete)

    def _by_words(
        self, wish: Wish, vector: np.ndarray | None, drawn: bool, left_out: set[int]
    ) -> Answer:
        """All that the words found; what only looks like it, within the last band.

        Where there is nothing but words to come near to, likes and dislikes move what
        they found and add nothing.
        """
        listed = words.find(wish.words, limit=MAX_K, products=wish.filters.products())
        ranked: list[Hit] = []
        complete = True
        if drawn and vector is not None:
            ranked, complete = self._nearest(wish.filters, vector, MAX_K)
        if vector is not None and (
            others := set(listed) - {h.product_id for h in ranked}
        ):
            ranked += nearest_of(
                vector=vector,
                encoder=self.encoder,
                products=others,
                filters=wish.filters,
            )
        found = {
            hit.product_id: Found(*hit) if drawn else Found(*hit[:2], None)
            for hit in ranked
            if not drawn or hit.distance <= self.reach or hit.product_id in set(listed)
        }
        found |= _unseen(set(listed) - set(found), wish.filters)
        order = fused([hit.product_id for hit in ranked], listed)
        hits = [found[id_] for id_ in order if id_ in found and id_ not in left_out]
        return Answer(hits[:MAX_K], True, complete, len(listed))

    def _nearest(
        self, filters: Filters, vector: np.ndarray, k: int
    ) -> tuple[list[Hit], bool]:
        """The k nearest, and whether none was missed."""
        hits = nearest(vector=vector, encoder=self.encoder, k=k, filters=filters)
        if len(hits) == k:
            return hits, True
        rows = candidates(self.encoder, filters)
        matching = rows.values("image__product_id").distinct().count()
        return hits, len(hits) == matching

    @property
    def reach(self) -> float:
        """The end of the encoder's last band: nothing beyond it looks alike."""
        return max((end for _, end in network_of(self.encoder).bands), default=inf)


def moved(
    vector: np.ndarray | None, likes: Sequence[Look], dislikes: Sequence[Look]
) -> np.ndarray | None:
    """The vector nearer to what is liked and away from what is not, of unit length.

    By Rocchio's formula; None of nothing.
    """
    if not likes and not dislikes:
        return vector
    parts = [ASKED * vector] if vector is not None else []
    for weight, looks in ((LIKED, likes), (-DISLIKED, dislikes)):
        if looks:
            parts.append(weight * np.mean([look.vector for look in looks], axis=0))
    return unit(np.sum(parts, axis=0))


def fused(*lists: Sequence[int]) -> list[int]:
    """All that stand in the lists, by reciprocal rank; equals as the first has them."""
    scores: dict[int, float] = {}
    for each in lists:
        for rank, id_ in enumerate(each, start=1):
            scores[id_] = scores.get(id_, 0) + 1 / (RANK_OFFSET + rank)
    return sorted(scores, key=lambda id_: -scores[id_])


def _unseen(products: set[int], filters: Filters) -> dict[int, Found]:
    """Products without a distance, by the first photo that the filters let through."""
    photos = ProductImage.objects.filter(filters.of_photos(), product__in=products)
    first = photos.order_by("product_id", "position", "id").distinct("product_id")
    shown = dict(first.values_list("product_id", "id")) if products else {}
    return {id_: Found(id_, shown.get(id_), None) for id_ in products}
