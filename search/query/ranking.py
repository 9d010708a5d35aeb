"""From a question to its ordered answer: by look, by words, or by both at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from math import inf
from typing import NamedTuple

import numpy as np

from catalog import words
from catalog.filters import Filters, ParameterError
from catalog.models import ProductImage
from search.index.encoders import network_of
from search.models import Encoder
from search.query.near_duplicates import is_flooded, past_flood, without_flood
from search.query.nearest import MAX_K, Hit, candidates, nearest, nearest_of
from search.query.refinement import Wish
from search.query.start import Look, looks_of, unit

# Weights of what was asked with, of the likes' mean and of the dislikes'. Rocchio,
# "Relevance feedback in information retrieval" (1971). A dislike weighs more than the
# usual 0.15: shoppers give one or two, and expect the first page to change.
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
        aim = aim_at(self.vector, likes, dislikes)
        left_out = {look.product_id for look in dislikes}
        if self.product_id is not None:
            left_out.add(self.product_id)
        if wish.words:
            return self._by_words(wish, aim, left_out)
        if aim is None or aim.near is None:
            message = "There is nothing to search by: give words, or products to like."
            raise ParameterError("words", "required", message)
        # What was moved away from lies where the nearest end, so all are looked at.
        found = self._by_look(wish.filters, aim, left_out, MAX_K if dislikes else k)
        if not found.whole and is_flooded(found.hits):
            found = self._by_look(wish.filters, aim, left_out, MAX_K)
        return found._replace(hits=without_flood(found.hits))

    def _by_look(
        self, filters: Filters, aim: "Aim", left_out: set[int], k: int
    ) -> Answer:
        """Whole as soon as a hit lies beyond the last band."""
        asked = min(k + len(left_out), MAX_K)
        hits, complete = self._nearest(filters, aim.order, asked)
        near = [each for each in self._told(hits, aim, filters) if self._alike(each)]
        shown = [each for each in near if each.product_id not in left_out][:k]
        whole = len(hits) < asked or len(near) < len(hits) or k == MAX_K
        return Answer(shown, whole, complete)

    def _by_words(self, wish: Wish, aim: "Aim | None", left_out: set[int]) -> Answer:
        """All that the words found; what only looks like it, within the last band.

        Where there is nothing but words to come near to, dislikes move what they found
        and add nothing.
        """
        listed = words.find(wish.words, limit=MAX_K, products=wish.filters.products())
        by_words = set(listed)
        ranked: list[Hit] = []
        complete = True
        if aim and aim.near is not None:
            ranked, complete = self._nearest(wish.filters, aim.order, MAX_K)
        if aim:
            # By their looks these come after the nearest, the nearer ones first.
            others = by_words - {hit.product_id for hit in ranked}
            ranked += self._nearest_of(others, aim.order, wish.filters)
        found = {
            each.product_id: each
            for each in (self._told(ranked, aim, wish.filters) if aim else [])
            if each.product_id in by_words or self._alike(each)
        }
        found |= _unseen(by_words - set(found), wish.filters)
        order = fused([hit.product_id for hit in ranked], listed)
        hits = [found[id_] for id_ in order if id_ in found and id_ not in left_out]
        return Answer(without_flood(hits[:MAX_K]), True, complete, len(listed))

    def _alike(self, found: Found) -> bool:
        return found.distance is not None and found.distance <= self._reach

    @cached_property
    def _reach(self) -> float:
        """The end of the encoder's last band: nothing beyond it looks alike."""
        return max((end for _, end in network_of(self.encoder).bands), default=inf)

    def _told(self, hits: list[Hit], aim: "Aim", filters: Filters) -> list[Found]:
        """In the same order, with their distances to what is to come near to."""
        if aim.near is None:
            return [Found(*hit[:2], None) for hit in hits]
        if aim.near is aim.order:
            return [Found(*hit) for hit in hits]
        products = [hit.product_id for hit in hits]
        near = self._nearest_of(products, aim.near, filters)
        found = {hit.product_id: Found(*hit) for hit in near}
        return [found[id_] for id_ in products if id_ in found]

    def _nearest_of(
        self, products: Collection[int], vector: np.ndarray, filters: Filters
    ) -> list[Hit]:
        if not products:
            return []
        return nearest_of(
            vector=vector, encoder=self.encoder, products=products, filters=filters
        )

    def _nearest(
        self, filters: Filters, vector: np.ndarray, k: int
    ) -> tuple[list[Hit], bool]:
        """The k nearest, more behind a flood, and whether none was missed."""
        look = partial(nearest, vector=vector, encoder=self.encoder, filters=filters)
        hits = look(k=k)
        if len(hits) == k:
            return past_flood(look, hits), True
        rows = candidates(self.encoder, filters)
        matching = rows.values("image__product_id").distinct().count()
        return hits, len(hits) == matching


class Aim(NamedTuple):
    """`order` is what the answer is ordered by, `near` what distances are told to,
    None without any; they differ by the dislikes. Both are of unit length."""

    order: np.ndarray
    near: np.ndarray | None


def aim_at(
    vector: np.ndarray | None, likes: Sequence[Look], dislikes: Sequence[Look]
) -> Aim | None:
    """Moved towards the likes and away from the dislikes by Rocchio's formula; None of
    nothing.

    Distances are told to where the likes move it: a step away from the dislikes leaves
    the region of the photos, so that none is as near to it as the bands expect.
    """
    parts = [ASKED * vector] if vector is not None else []
    if likes:
        parts.append(LIKED * np.mean([look.vector for look in likes], axis=0))
    near = unit(np.sum(parts, axis=0)) if likes else vector
    if dislikes:
        parts.append(-DISLIKED * np.mean([look.vector for look in dislikes], axis=0))
        return Aim(unit(np.sum(parts, axis=0)), near)
    return None if near is None else Aim(near, near)


def fused(*lists: Sequence[int]) -> list[int]:
    """All that stand in the lists, by reciprocal rank; equals as the first has them."""
    scores: dict[int, float] = {}
    for each in lists:
        for rank, id_ in enumerate(each, start=1):
            scores[id_] = scores.get(id_, 0) + 1 / (RANK_OFFSET + rank)
    return sorted(scores, key=lambda id_: -scores[id_])


def _unseen(products: set[int], filters: Filters) -> dict[int, Found]:
    """Products without a distance, by the first photo that the filters let through."""
    photos = ProductImage.objects.filter(
        filters.photo_condition(), product__in=products
    )
    first = photos.order_by("product_id", "position", "id").distinct("product_id")
    shown = dict(first.values_list("product_id", "id")) if products else {}
    return {id_: Found(id_, shown.get(id_), None) for id_ in products}
