"""Rows of ABLATIONS.md: what an encoder reaches on validation photos.

python -m ml.ablate --data DIR --encoder DIR [--category-weights 0,0.5,1]

The share of the category in the vector has no part in training, so an encoder of the
recipe `fashion` is measured at every share asked for from one pass over the photos.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ml.dataset import categories_of, read_splits
from ml.encoder import RUNTIMES, SHIPPED, Encoder, open_onnx
from ml.errors import ConfigError, UserError
from ml.measure import metrics
from ml.measure.cutout import studio_view
from ml.measure.encoder_info import triplets_in_order
from ml.measure.gallery import embed, embed_views
from ml.measure.photo_edits import photo_view
from ml.recipes import DATA_VARIABLE, data_folder

SEED = 1
CALLS = 60
HEADER = (
    "| encoder | category weight | triplets seen | recall@1 | mAP | instance R@1 "
    "| on white: recall@1 | own photo | ms |"
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        rows = run(options)
    except (UserError, OSError) as error:
        print(f"ml.ablate: {error}", file=sys.stderr)
        return 1
    print(f"{HEADER}\n|---|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))
    return 0


def run(options: argparse.Namespace) -> list[str]:
    """Measure on train and validation photos; those of test are not opened."""
    splits = read_splits(data_folder(options.data))
    encoder = Encoder.load(options.encoder)
    weights = chosen_weights(encoder, options.category_weights)
    categories = categories_of(splits["train"])
    train, asked = (
        embed(encoder, splits[name], categories, name)
        for name in ("train", "validation")
    )
    views = embed_views(encoder, asked.items, photo_view, SEED, "views")
    on_white = embed_views(encoder, asked.items, studio_view, SEED, "on white")
    milliseconds = network_ms(encoder)
    rows = []
    for weight in weights:
        gallery, queries, seen, studio = (
            vectors if weight is None else weighed(vectors, encoder, weight)
            for vectors in (train.vectors, asked.vectors, views, on_white)
        )
        ranked, white_ranked = (
            metrics.relevance(vectors, asked.labels, gallery, train.labels)
            for vectors in (queries, studio)
        )
        own = np.arange(len(asked))
        figures = (
            triplets_in_order(gallery, train.labels, SEED),
            metrics.recall_at(1, ranked),
            metrics.mean_average_precision(ranked),
            metrics.recall_at(1, metrics.relevance(seen, own, queries, own)),
            metrics.recall_at(1, white_ranked),
            metrics.recall_at(1, metrics.relevance(studio, own, queries, own)),
        )
        cells = [f"{figure:.3f}".lstrip("0") for figure in figures]
        share = "-" if weight is None else f"{weight:g}"
        rows.append(
            f"| {encoder.version} | {share} | {' | '.join(cells)} "
            f"| {milliseconds:.1f} |"
        )
    return rows


def chosen_weights(encoder: Encoder, asked: str | None) -> list[float | None]:
    """Shares of the category to measure at; None: the vector as it is."""
    if asked is None:
        return [encoder.info.get("recipe", {}).get("category_weight")]
    if "category_weight" not in encoder.info.get("recipe", {}):
        raise ConfigError(f"{encoder.version} has no category and appearance to weigh.")
    try:
        found = [float(word) for word in asked.split(",")]
    except ValueError:
        found = [math.nan]
    if not all(0 <= weight <= 1 for weight in found):
        raise ConfigError("--category-weights takes numbers from 0 to 1: 0,0.5,1")
    return list(found)


def weighed(vectors: np.ndarray, encoder: Encoder, weight: float) -> np.ndarray:
    """(N, D) of the encoder -> the same with another share of the category."""
    recipe = encoder.info["recipe"]
    was, cut = recipe["category_weight"], recipe["category_dimension"]
    if not 0 < was < 1:
        raise ConfigError(
            f"{encoder.version} holds one of category and appearance only."
        )
    category = vectors[:, :cut] * math.sqrt(weight / was)
    appearance = vectors[:, cut:] * math.sqrt((1 - weight) / (1 - was))
    return np.concatenate([category, appearance], axis=1)


def network_ms(encoder: Encoder) -> float:
    """The network alone on one thread: the quickest of some calls."""
    network = open_onnx(encoder.folder / RUNTIMES["onnx"])
    size = encoder.input_size
    rng = np.random.default_rng(SEED)
    pixels = rng.integers(256, size=(1, size, size, 3), dtype=np.uint8)
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        network(pixels)
        times.append(1000 * (time.perf_counter() - started))
    return min(times)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.ablate",
        description="Measure an encoder on validation photos: rows of ABLATIONS.md.",
    )
    add = parser.add_argument
    add(
        "--data",
        type=Path,
        metavar="DIR",
        help=f"folder of photos (default: the variable {DATA_VARIABLE})",
    )
    add("--encoder", type=Path, default=SHIPPED, metavar="DIR")
    add(
        "--category-weights",
        metavar="W,W",
        help="shares of the category to measure at (default: the encoder's own)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
