"""Searches by a photo with words: `like this, but striped`."""

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from bench.words.queries import (
    CATEGORY_WORDS,
    KIND_WORDS,
    MIN_RELEVANT,
    PATTERN_WORDS,
    Label,
    is_near,
)
from search.index.encoders import active_encoder
from search.models import Embedding
from search.query.ranking import VectorQuery
from search.query.refinement import Refinement

PER_KIND = 100
SHOWN = 8


class PhotoQuery(NamedTuple):
    product: int
    words: str
    relevant: frozenset[str]


def measure_photo_words(
    labels: Mapping[str, Label], photos: Mapping[int, str], seed: int = 1
) -> dict[str, float]:
    """Return, for words of each sort, the share of the first 8 that is as they say, and
    the share with the photo's colour."""
    encoder = active_encoder()
    rows = Embedding.objects.filter(encoder=encoder)
    vectors = dict(rows.values_list("image__product_id", "vector"))
    figures: dict[str, float] = {}
    for sort, find in (("pattern", _patterns), ("kind", _kinds), ("other", _others)):
        queries = list(find(labels, photos))
        queries = random.Random(seed).sample(queries, min(PER_KIND, len(queries)))
        found, coloured = [], []
        for product, words, relevant in tqdm(queries, desc=f"Photos and {sort}"):
            vector = np.asarray(vectors[product], np.float32)
            query = VectorQuery(encoder, vector, product)
            hits = query.rank(Refinement(words=words)).hits[:SHOWN]
            images = [photos[hit.product_id] for hit in hits]
            right = sum(image in relevant for image in images)
            found.append(right / min(SHOWN, len(relevant)))
            colour = labels[photos[product]]["colour1"]
            seen = [labels[image]["colour1"] for image in images if image in labels]
            coloured += [is_near(each, colour) for each in seen]
        figures[f"photo_{sort}_found"] = round(float(np.mean(found)), 3)
        figures[f"photo_{sort}_colour"] = round(float(np.mean(coloured)), 3)
    return figures


def _patterns(
    labels: Mapping[str, Label], photos: Mapping[int, str]
) -> Iterator[PhotoQuery]:
    for product, label, own in _labelled(labels, photos):
        for words, pattern in PATTERN_WORDS.items():
            if pattern != label["pattern"]:
                relevant = [i for i in own if labels[i]["pattern"] == pattern]
                yield from _query(product, words, relevant)


def _kinds(
    labels: Mapping[str, Label], photos: Mapping[int, str]
) -> Iterator[PhotoQuery]:
    for product, label, own in _labelled(labels, photos):
        for words, kinds in KIND_WORDS.items():
            if label["kind"] not in kinds:
                relevant = [i for i in own if labels[i]["kind"] in kinds]
                yield from _query(product, words, relevant)


def _others(
    labels: Mapping[str, Label], photos: Mapping[int, str]
) -> Iterator[PhotoQuery]:
    for product, _, _ in _labelled(labels, photos):
        for category, (words, *_more) in CATEGORY_WORDS.items():
            if category != _category(photos[product]):
                relevant = [i for i in labels if _category(i) == category]
                yield from _query(product, words, relevant)


def _labelled(
    labels: Mapping[str, Label], photos: Mapping[int, str]
) -> Iterator[tuple[int, Label, list[str]]]:
    """Yield each product, its label, and the other photos of its category."""
    for product, image in photos.items():
        if image in labels:
            same = [i for i in labels if _category(i) == _category(image)]
            yield product, labels[image], [i for i in same if i != image]


def _query(product: int, words: str, relevant: Iterable[str]) -> Iterator[PhotoQuery]:
    images = frozenset(relevant)
    if len(images) >= MIN_RELEVANT:
        yield PhotoQuery(product, words, images)


def _category(image: str) -> str:
    return image.split("/")[1]
