"""What words look like: a ridge map from the words of products to vectors.

It is learnt from the texts, categories, brands and attributes of this shop. What comes
with the encoder counts as many photos more, so that a new shop has it too.
"""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from catalog.models import Product
from catalog.product_words.lexemes import stem_words
from catalog.synonyms.rules import Phrase
from ml.encoder import lengthen_rows, looks_of, shorten_rows
from search.index.attributes import shipped_attributes
from search.models import DIMENSION, Embedding, Encoder, WordMap

log = logging.getLogger(__name__)

MAX_PRODUCTS = 20_000  # the newest
MAX_WORDS = 3000  # the most frequent
MIN_PRODUCTS = 3  # with a word
# So many photos at the mean a word's own have to outweigh.
PENALTY = 10.0
SHIPPED_PHOTOS = 100.0  # that the encoder's own row of a word counts as
SHIPPED_MEAN_PHOTOS = 200.0
LIMIT = 0.55  # of an encoder without words of its own
KEPT_S = 60  # in each process

_WORDS = """
SELECT product_id, tsvector_to_array(ts_filter(document, '{a,b}'))
FROM catalog_productwords WHERE product_id = ANY (%s)
"""


class Looks(NamedTuple):
    """A unit vector, and the distance up to which a photo looks like it."""

    vector: np.ndarray
    max_distance: float


@dataclass(frozen=True)
class WordLooks:
    """The rows of lexemes, and the mean that scores are measured from."""

    encoder: Encoder
    number: dict[str, int]
    rows: np.ndarray  # (words, DIMENSION) float32
    mean: np.ndarray
    limit: float

    def of(self, meanings: Sequence[Sequence[Phrase]]) -> Looks | None:
        """Return None if a word, with all its synonyms, was never seen."""
        chosen: list[int] = []
        for phrases in meanings:
            known = (p for p in phrases if all(word in self.number for word in p))
            phrase = next(known, None)
            if phrase is None:
                return None
            chosen += [self.number[word] for word in phrase]
        if not chosen:
            return None
        vector, promised = looks_of(self.rows[chosen])
        least = float(self.mean @ vector) + self.limit * promised
        return Looks(vector / np.linalg.norm(vector), 1 - least)


# Until when, and the looks of the active encoder.
_kept: list[tuple[float, WordLooks | None]] = []


def word_looks() -> WordLooks | None:
    """Return what words look like under the active encoder; None if not known."""
    if not _kept or time.monotonic() > _kept[0][0]:
        _kept[:] = [(time.monotonic() + KEPT_S, _load())]
    return _kept[0][1]


@receiver([post_save, post_delete], sender=Encoder)
@receiver([post_save, post_delete], sender=WordMap)
def forget_word_looks(**kwargs: Any) -> None:
    _kept.clear()


def _load() -> WordLooks | None:
    encoder = Encoder.objects.filter(state=Encoder.State.ACTIVE).first()
    if encoder is None:
        return None
    language = settings.SHOP_LANGUAGE
    learnt = WordMap.objects.filter(encoder=encoder, language=language).first()
    shipped = _shipped(encoder)
    if learnt is None:
        return shipped
    return WordLooks(
        encoder,
        {word: n for n, word in enumerate(learnt.words)},
        np.frombuffer(learnt.vectors, np.float16)
        .reshape(-1, DIMENSION)
        .astype(np.float32),
        np.frombuffer(learnt.mean, np.float32),
        shipped.limit if shipped else LIMIT,
    )


def _shipped(encoder: Encoder) -> WordLooks | None:
    """Return the words that come with the encoder."""
    attributes = shipped_attributes(encoder)
    if attributes is None:
        return None
    lexemes = stem_words(attributes.words)
    number = {lexemes[word]: n for n, word in enumerate(attributes.words)}
    number.pop("", None)
    return WordLooks(
        encoder, number, attributes.word_vectors, attributes.mean, attributes.limit
    )


def learn_word_map(encoder: Encoder) -> WordMap | None:
    """Learn and store what the words of this shop look like."""
    vectors, texts = _examples(encoder)
    shipped = _shipped(encoder)
    counts = Counter(word for text in texts for word in text)
    frequent = [w for w, n in counts.most_common(MAX_WORDS) if n >= MIN_PRODUCTS]
    words = sorted({*frequent, *(shipped.number if shipped else ())})
    if not words:
        return None
    number = {word: n for n, word in enumerate(words)}
    prior = np.zeros((len(words), DIMENSION), np.float32)
    weight = np.full(len(words), PENALTY, np.float32)
    mean = vectors.sum(axis=0)
    photos = float(len(vectors))
    if shipped:
        own = [number[word] for word in shipped.number]
        prior[own] = shorten_rows(shipped.rows[list(shipped.number.values())])
        weight[own] = SHIPPED_PHOTOS
        mean = mean + SHIPPED_MEAN_PHOTOS * shipped.mean
        photos += SHIPPED_MEAN_PHOTOS
    mean = (mean / max(photos, 1.0)).astype(np.float32)
    rows = _ridge(vectors - mean, texts, number, prior, weight)
    stored, _ = WordMap.objects.update_or_create(
        encoder=encoder,
        defaults={
            "language": settings.SHOP_LANGUAGE,
            "words": words,
            "vectors": lengthen_rows(rows).astype(np.float16).tobytes(),
            "mean": mean.tobytes(),
            "products": len(vectors),
        },
    )
    return stored


def _ridge(
    seen: np.ndarray,
    texts: Sequence[Sequence[str]],
    number: dict[str, int],
    prior: np.ndarray,
    weight: np.ndarray,
) -> np.ndarray:
    """Return the (words, D) rows nearest to (N, D) `seen` and to `prior`, weighted."""
    squares = np.diag(weight)
    products = np.zeros_like(prior)
    for start in range(0, len(texts), 1000):
        part = texts[start : start + 1000]
        bags = np.zeros((len(part), len(number)), np.float32)
        for row, text in zip(bags, part, strict=True):
            row[[number[word] for word in text if word in number]] = 1
        squares += bags.T @ bags
        products += bags.T @ seen[start : start + 1000]
    moved = products + weight[:, None] * prior
    return np.linalg.solve(squares, moved).astype(np.float32)


def _examples(encoder: Encoder) -> tuple[np.ndarray, list[list[str]]]:
    """Return the (N, D) vectors and the lexemes of the newest published products."""
    published = Product.objects.published().order_by("-pk")
    last = published.values_list("pk", flat=True)[MAX_PRODUCTS : MAX_PRODUCTS + 1]
    own = Embedding.objects.of_first_photos(encoder).filter(
        image__product__status=Product.Status.PUBLISHED,
        image__product_id__gt=next(iter(last), 0),
    )
    vectors = dict(own.values_list("image__product_id", "vector"))
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, [list(vectors)])
        texts = {pk: words for pk, words in cursor.fetchall() if words}
    table = [np.asarray(vectors[pk], np.float32) for pk in texts]
    empty = np.zeros((0, DIMENSION), np.float32)
    return np.stack(table) if table else empty, list(texts.values())
