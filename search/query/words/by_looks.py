"""Find products by what words look like."""

from catalog.filters import Filters
from catalog.synonyms.shop import shop_synonyms
from catalog.word_query.meanings import meanings
from search.index.encoders import EncoderRetired
from search.index.word_map import forget_word_looks, word_looks
from search.query.nearest import MAX_K, nearest


def find_looking_like(words: str, filters: Filters, number: int) -> list[int]:
    """Return ids of published products, best first; none for words never seen."""
    known = word_looks()
    looks = known.of(meanings(words, shop_synonyms())) if known else None
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
    return [
        hit.product_id
        for hit in hits
        if hit.distance is not None and hit.distance <= looks.max_distance
    ]
