"""Find and compare products by what words look like."""

from collections.abc import Collection

from catalog.filters import Filters
from catalog.synonyms.shop import shop_synonyms
from catalog.word_query.meanings import meanings
from search.index.encoders import EncoderRetired
from search.index.word_map import Looks, WordLooks, forget_word_looks, word_looks
from search.query.nearest import MAX_K, Hit, nearest, nearest_among


class EncoderLooksSearch:
    """Sees products with the active encoder."""

    def find(self, words: str, filters: Filters, number: int) -> list[int]:
        """Return ids of published products, best first; none for words never seen."""
        known, looks = _looks_of(words)
        if known is None or looks is None:
            return []
        try:
            hits = nearest(
                vector=looks.vector,
                encoder=known.encoder,
                k=min(number, MAX_K),
                filters=filters,
            )
        except EncoderRetired:
            forget_word_looks()
            return []
        return [pk for pk, far in _distances(hits, looks).items() if far <= 0]

    def compare(self, words: str, products: Collection[int]) -> dict[int, float]:
        known, looks = _looks_of(words)
        if known is None or looks is None:
            return {}
        hits = nearest_among(products, vector=looks.vector, encoder=known.encoder)
        return _distances(hits, looks)


def _looks_of(words: str) -> tuple[WordLooks | None, Looks | None]:
    known = word_looks()
    return known, known.of(meanings(words, shop_synonyms())) if known else None


def _distances(hits: list[Hit], looks: Looks) -> dict[int, float]:
    """Return how far beyond the limit each product is."""
    return {
        hit.product_id: hit.distance - looks.max_distance
        for hit in hits
        if hit.distance is not None
    }
