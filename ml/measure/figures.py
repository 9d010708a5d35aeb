"""The figures of an encoder on the splits of a dataset."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import numpy as np

from ml.encoder import Encoder
from ml.measure import bands, metrics
from ml.measure.alike import (
    band_grades,
    first_results,
    kept_results,
    without_garment,
)
from ml.measure.bands import Shown
from ml.measure.cutout import studio_view
from ml.measure.gallery import (
    EmbeddedSplit,
    PhotoEncoder,
    embed_views,
)
from ml.measure.labels import Notes
from ml.measure.photo_edits import ROWS, edited_view
from ml.measure.pixel_features import near_colour, near_pattern, near_share
from ml.preprocess import read_photo

SEED = 1
TIMED_QUERIES = 100
MISTAKES = 6  # pairs of categories listed


def measure(
    encoder: Encoder,
    splits: dict[str, EmbeddedSplit],
    name: str,
    views_each: int,
    notes: Notes,
) -> dict[str, Any]:
    """Return all figures; the photos of the split `name` are the queries."""
    train, queries = splits["train"], splits[name]
    shown = {
        key: Shown(split.vectors, notes.labels(split.items, split.garments))
        for key, split in splits.items()
    }
    asked, gallery = shown[name], shown["train"]
    return {
        "similarity": similarity(train, queries),
        "triplets_in_order": triplets_in_order(splits),
        "category": category(train, queries),
        "mistakes": mistakes(train, queries),
        "looks": shared_features(train, queries),
        "instance": instance(encoder, splits, views_each),
        "studio": studio(encoder, train, queries),
        "alike": first_results(asked, gallery) if notes.attributes else {},
        "very_similar": band_grades(asked, gallery, encoder.bands)
        if notes.attributes
        else {},
        "placed": kept_results(encoder, queries, train),
        "without_garment": without_garment(encoder, queries, train),
        "refused": float(1 - queries.found.mean()),
        "bands": check_bands(encoder, queries, asked, gallery),
        "query_ms": query_times_ms(encoder, train, queries),
    }


def similarity(train: EmbeddedSplit, queries: EmbeddedSplit) -> dict[str, Any]:
    norms = np.linalg.norm(train.vectors, axis=1)
    figures: dict[str, Any] = {"norms": [float(norms.min()), float(norms.max())]}
    for key, split in (("seen", train), ("unseen", queries)):
        inside, between = metrics.mean_similarity(split.vectors, split.labels)
        figures[key] = {"inside": inside, "between": between}
    return figures


def triplets_in_order(splits: dict[str, EmbeddedSplit]) -> dict[str, float]:
    shares = {
        name: metrics.random_triplets_in_order(split.vectors, split.labels, SEED)
        for name, split in splits.items()
    }
    return {"count": metrics.RANDOM_TRIPLETS, **shares}


def category(gallery: EmbeddedSplit, queries: EmbeddedSplit) -> dict[str, float]:
    relevant = metrics.relevance(
        queries.vectors, queries.labels, gallery.vectors, gallery.labels
    )
    return {
        "queries": len(queries),
        "gallery": len(gallery),
        **metrics.retrieval(relevant),
    }


def mistakes(gallery: EmbeddedSplit, queries: EmbeddedSplit) -> dict[str, Any]:
    """Count by category how often the closest photo is of another category."""
    closest = metrics.distances(queries.vectors, gallery.vectors).argmin(axis=1)
    pairs = [
        (file.category, gallery.items[place].category)
        for file, place in zip(queries.items, closest.tolist(), strict=True)
    ]
    counts = Counter(own for own, _ in pairs)
    right = Counter(own for own, other in pairs if own == other)
    wrong = Counter(pair for pair in pairs if pair[0] != pair[1])
    return {
        "recall@1": {name: right[name] / counts[name] for name in sorted(counts)},
        "most_frequent": [
            {"asked": own, "found": other, "photos": count, "of": counts[own]}
            for (own, other), count in wrong.most_common(MISTAKES)
        ],
    }


def shared_features(gallery: EmbeddedSplit, queries: EmbeddedSplit) -> dict[str, Any]:
    """Measure how often the ten closest share colour, pattern and background."""
    ours, theirs = queries.features, gallery.features
    same = queries.labels[:, None] == gallery.labels[None, :]
    near = {
        "colour": near_colour(ours.garment, theirs.garment),
        "pattern": near_pattern(ours.busy, theirs.busy),
        "background": near_colour(ours.border, theirs.border),
    }
    return {
        name: near_share(queries.vectors, gallery.vectors, alike, same)
        for name, alike in near.items()
    }


def instance(
    encoder: PhotoEncoder, splits: dict[str, EmbeddedSplit], views_each: int
) -> dict[str, Any]:
    """Measure how often a changed view of a photo retrieves that photo.

    The gallery is all photos not trained on. The figure says whether the encoder
    still sees the garment and not only its category.
    """
    parts = [split for key, split in splits.items() if key != "train"]
    files = [file for split in parts for file in split.items]
    gallery = np.concatenate([split.vectors for split in parts])
    # Another photo of the same product counts as found.
    keys = [f"{file.category}/{file.product or file.path}" for file in files]
    own = np.unique(keys, return_inverse=True)[1]
    figures: dict[str, Any] = {"photos": len(files), "views_each": views_each}
    for row, view in ROWS.items():
        rankings = []
        for number in range(views_each):
            views = embed_views(encoder, files, view, SEED + number, f"{row} views")
            rankings.append(metrics.relevance(views, own, gallery, own))
        relevant = np.concatenate(rankings)
        figures[row] = {f"recall@{k}": metrics.recall_at(k, relevant) for k in (1, 10)}
    return figures


def studio(
    encoder: PhotoEncoder, train: EmbeddedSplit, queries: EmbeddedSplit
) -> dict[str, float | int]:
    """Search with the garments cut out and laid on white, as in a studio.

    By category among the train photos, and for the original among the queries.
    """
    views = embed_views(encoder, queries.items, studio_view, SEED, "on white")
    relevant = metrics.relevance(views, queries.labels, train.vectors, train.labels)
    own = np.arange(len(queries))
    return {
        "photos": len(queries),
        "recall@1": metrics.recall_at(1, relevant),
        "mAP": metrics.mean_average_precision(relevant),
        "own photo recall@1": metrics.recall_at(
            1, metrics.relevance(views, own, queries.vectors, own)
        ),
    }


def check_bands(
    encoder: Encoder, queries: EmbeddedSplit, asked: Shown, gallery: Shown
) -> list[dict[str, Any]]:
    views = embed_views(encoder, queries.items, edited_view, SEED, "edited views")
    return bands.check(encoder.bands, asked, views, gallery)


def query_times_ms(
    encoder: Encoder, train: EmbeddedSplit, queries: EmbeddedSplit
) -> dict[str, float]:
    """Time searches one by one, from a photo file to its ten closest train photos."""
    times = []
    for file in queries.items[:TIMED_QUERIES]:
        started = time.perf_counter()
        image = read_photo(file.path, max_side=encoder.decode_side)
        apart = metrics.distances(encoder.encode([image]), train.vectors)[0]
        np.argpartition(apart, min(10, len(apart) - 1))[:10]
        times.append(1000 * (time.perf_counter() - started))
    return {
        "median": float(np.median(times)),
        "p95": float(np.percentile(times, 95)),
    }
