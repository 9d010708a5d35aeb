"""Rank products by a query vector, by words, or by both at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from catalog import words
from catalog.error_codes import ErrorCode
from catalog.filters import Filters, ParameterError
from catalog.models import Product, ProductImage
from search.models import Encoder
from search.query.groups import one_per_group
from search.query.near_duplicates import (
    MAX_SAME_PHOTO,
    extend_past_duplicates,
    has_near_duplicates,
    move_duplicates_last,
)
from search.query.nearest import MAX_K, Hit, candidates, nearest, nearest_among
from search.query.refinement import Refinement
from search.query.start import ProductVector, load_product_vectors, normalize
from search.query.weights import Comparison, Weights, weigh_query
from search.query.words.photo_words import PhotoWords, read_photo_words

# Weights of the query vector, of the likes' mean and of the dislikes' mean: Rocchio,
# "Relevance feedback in information retrieval" (1971). A dislike weighs more than the
# usual 0.15: shoppers give one or two, and expect the first page to change.
QUERY_WEIGHT, LIKE_WEIGHT, DISLIKE_WEIGHT = 1.0, 0.75, 0.5
# Cormack, Clarke, Büttcher, "Reciprocal rank fusion" (2009).
RANK_OFFSET = 60
# Of the cosine distance, for a product that says the words beside a picture.
WORDS_BONUS = 0.1


class Ranking(NamedTuple):
    """The best hits of a search.

    `whole` says that there are no more hits, `complete` that no product was missed
    among these. `by_words` counts the products found by words, None without words.
    `comparison` is None where there is nothing to compare the hits with.
    """

    hits: list[Hit]
    whole: bool
    complete: bool
    by_words: int | None = None
    comparison: Comparison | None = None


class Target(NamedTuple):
    """Unit vectors: hits are ordered by one, their distances measured from the other.

    They differ by the dislikes: a step away from these leaves the region of the
    photos, so that no photo is as near to `order_by` as the bands expect.
    `measure_from` is None where there is nothing to come near to.
    """

    order_by: np.ndarray
    measure_from: np.ndarray | None
    comparison: Comparison | None = None


@dataclass(frozen=True)
class VectorQuery:
    """What is kept of a search's pictures: their vector, None without any, and the
    product whose photo was searched with, which is never a hit."""

    encoder: Encoder
    vector: np.ndarray | None
    product_id: int | None = None

    def rank(self, refinement: Refinement, k: int = MAX_K) -> Ranking:
        """Return the k best hits within the last band, and all that the words found.

        Raises ParameterError and EncoderRetired.
        """
        order = refinement.order
        ranking = self._rank(refinement, MAX_K if order else k)
        if settings.COLLAPSE_GROUPS:
            ranking = ranking._replace(hits=one_per_group(ranking.hits))
        if order:
            ranking = ranking._replace(hits=_in_order(ranking.hits, order))
        return ranking

    def _rank(self, refinement: Refinement, k: int) -> Ranking:
        likes = load_product_vectors("like", refinement.like, self.encoder)
        dislikes = load_product_vectors("dislike", refinement.dislike, self.encoder)
        target = move_target(self.vector, likes, dislikes)
        weights, beside = self._read_words(refinement)
        target = weigh_target(target, weights, self.encoder)
        excluded = {each.product_id for each in dislikes}
        if self.product_id is not None:
            excluded.add(self.product_id)
        if beside.more:
            return self._rank_with_words(beside, refinement.filters, target, excluded)
        if target is None or target.measure_from is None:
            message = _(
                "There is nothing to search by: give words, or products to like."
            )
            raise ParameterError("words", "required", message)
        # The disliked lie where the nearest end, so that all hits are ranked.
        k = MAX_K if dislikes else k
        ranking = self._rank_by_distance(refinement.filters, target, excluded, k)
        if len(ranking.hits) <= MAX_SAME_PHOTO:  # too few to push others out
            return ranking
        if not ranking.whole and has_near_duplicates(ranking.hits):
            filters = refinement.filters
            ranking = self._rank_by_distance(filters, target, excluded, MAX_K)
        return ranking._replace(hits=move_duplicates_last(ranking.hits))

    def _read_words(self, refinement: Refinement) -> tuple[Weights, PhotoWords]:
        """Return the weights, with a colour that the words beside a picture name."""
        weights = refinement.weights
        if self.vector is None or not refinement.words:
            return weights, PhotoWords("", bool(refinement.words), refinement.words)
        beside = read_photo_words(refinement.words, self.encoder)
        if not beside.colour:
            return weights, beside
        if weights.in_colour or weights.any_colour:
            return weights, beside._replace(more=True)
        return replace(weights, in_colour=beside.colour), beside

    def _rank_by_distance(
        self, filters: Filters, target: Target, excluded: set[int], k: int
    ) -> Ranking:
        depth = min(k + len(excluded), MAX_K)
        found, complete = self._nearest(filters, target.order_by, depth)
        similar = [
            hit
            for hit in self._measure(found, target, filters)
            if _is_similar(hit, target)
        ]
        hits = [hit for hit in similar if hit.product_id not in excluded][:k]
        # The first hit beyond the last band proves that there are no more.
        whole = len(found) < depth or len(similar) < len(found) or k == MAX_K
        return Ranking(hits, whole, complete, comparison=target.comparison)

    def _rank_with_words(
        self,
        beside: PhotoWords,
        filters: Filters,
        target: Target | None,
        excluded: set[int],
    ) -> Ranking:
        """Join all products that the words find with those within the last band.

        Words beside a photo, whose looks are known, move its vector. Dislikes without
        anything to come near to only reorder what the words find.
        """
        listed = words.find(beside.text, limit=MAX_K, products=filters.products())
        moved = beside.move(target.order_by, self.encoder) if target else None
        if target and moved is not None:
            target = target._replace(order_by=moved)
        found, complete = self._found_with_words(listed, filters, target)
        by_words = set(listed)
        measured = self._measure(found, target, filters) if target else []
        hits = {
            hit.product_id: hit
            for hit in measured
            if hit.product_id in by_words or (target and _is_similar(hit, target))
        }
        hits |= _hits_without_distance(by_words - set(hits), filters)
        if moved is None:
            order = fuse_ranks([hit.product_id for hit in found], listed)
        else:
            order = _nearer_by_words(found, listed)
        ranked = [hits[id_] for id_ in order if id_ in hits and id_ not in excluded]
        ranked = move_duplicates_last(ranked[:MAX_K])
        comparison = target.comparison if target else None
        return Ranking(ranked, True, complete, len(listed), comparison)

    def _found_with_words(
        self, listed: Sequence[int], filters: Filters, target: Target | None
    ) -> tuple[list[Hit], bool]:
        """Return the nearest products and those listed, and whether none was missed."""
        if target is None:
            return [], True
        found: list[Hit] = []
        complete = True
        if target.measure_from is not None:
            found, complete = self._nearest(filters, target.order_by, MAX_K)
        found += nearest_among(
            set(listed) - {hit.product_id for hit in found},
            vector=target.order_by,
            encoder=self.encoder,
            filters=filters,
        )
        return found, complete

    def _measure(self, hits: list[Hit], target: Target, filters: Filters) -> list[Hit]:
        if target.measure_from is target.order_by:
            return hits
        if target.measure_from is None:
            return [hit._replace(distance=None) for hit in hits]
        ids = [hit.product_id for hit in hits]
        near = nearest_among(
            ids, vector=target.measure_from, encoder=self.encoder, filters=filters
        )
        measured = {hit.product_id: hit for hit in near}
        return [measured[id_] for id_ in ids if id_ in measured]

    def _nearest(
        self, filters: Filters, vector: np.ndarray, k: int
    ) -> tuple[list[Hit], bool]:
        """Return the nearest products, and whether none was missed among them."""
        search = partial(nearest, vector=vector, encoder=self.encoder, filters=filters)
        hits = search(k=k)
        if len(hits) == k:
            return extend_past_duplicates(search, hits), True
        rows = candidates(self.encoder, filters)
        matching = rows.values("image__product_id").distinct().count()
        return hits, len(hits) == matching


def move_target(
    vector: np.ndarray | None,
    likes: Sequence[ProductVector],
    dislikes: Sequence[ProductVector],
) -> Target | None:
    """Move a query vector to the likes and away from the dislikes (Rocchio).

    Returns None if there is neither a vector nor a like nor a dislike.
    """
    parts = [QUERY_WEIGHT * vector] if vector is not None else []
    measure_from = vector
    if likes:
        parts.append(LIKE_WEIGHT * np.mean([each.vector for each in likes], axis=0))
        measure_from = normalize(np.sum(parts, axis=0))
    if dislikes:
        mean = np.mean([each.vector for each in dislikes], axis=0)
        parts.append(-DISLIKE_WEIGHT * mean)
        return Target(normalize(np.sum(parts, axis=0)), measure_from)
    return None if measure_from is None else Target(measure_from, measure_from)


def weigh_target(
    target: Target | None, weights: Weights, encoder: Encoder
) -> Target | None:
    if target is None:
        if weights:
            message = _(
                "There is no picture to weigh: give a photo, or products to like."
            )
            raise ParameterError("weights", ErrorCode.MISSING_PARAMETER, message)
        return None
    order_by, comparison = weigh_query(target.order_by, weights, encoder)
    if target.measure_from is None:
        return Target(order_by, None)
    if target.measure_from is target.order_by:
        return Target(order_by, order_by, comparison)
    return Target(order_by, *weigh_query(target.measure_from, weights, encoder))


def _is_similar(hit: Hit, target: Target) -> bool:
    return bool(target.comparison and target.comparison.is_similar(hit.distance))


def fuse_ranks(*lists: Sequence[int]) -> list[int]:
    """Merge lists of ids by reciprocal rank; ties keep the order of the first list."""
    scores: dict[int, float] = {}
    for each in lists:
        for rank, id_ in enumerate(each, start=1):
            scores[id_] = scores.get(id_, 0) + 1 / (RANK_OFFSET + rank)
    return sorted(scores, key=lambda id_: -scores[id_])


def _in_order(hits: Sequence[Hit], order: Sequence[str]) -> list[Hit]:
    by_product = {hit.product_id: hit for hit in hits}
    products = Product.objects.among(by_product).order_by(*order)
    return [by_product[pk] for pk in products.values_list("pk", flat=True)]


def _nearer_by_words(found: Sequence[Hit], listed: Sequence[int]) -> list[int]:
    """Order by distance; a product that says the words counts as nearer."""
    by_words = set(listed)

    def distance(hit: Hit) -> float:
        assert hit.distance is not None
        return hit.distance - WORDS_BONUS * (hit.product_id in by_words)

    order = [hit.product_id for hit in sorted(found, key=distance)]
    without_vector = by_words.difference(order)
    return [*order, *(id_ for id_ in listed if id_ in without_vector)]


def _hits_without_distance(products: set[int], filters: Filters) -> dict[int, Hit]:
    photos = ProductImage.objects.filter(
        filters.photo_condition(), product__in=products
    )
    first = photos.order_by("product_id", "position", "id").distinct("product_id")
    images = dict(first.values_list("product_id", "id")) if products else {}
    return {id_: Hit(id_, images.get(id_), None) for id_ in products}
