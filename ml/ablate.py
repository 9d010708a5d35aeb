"""Measure an encoder on validation photos and print rows of ABLATIONS.md.

python -m ml.ablate --data DIR --encoder DIR [--category-weights 0,0.5,1]

The category weight of the vector plays no part in training, so one pass over the photos
measures an encoder of the recipe `fashion` at every weight.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ml.command import add_data, data_folder, run_command
from ml.dataset import categories_of, read_splits
from ml.encoder import RUNTIMES, SHIPPED, Encoder, open_onnx
from ml.errors import ConfigError
from ml.measure import metrics
from ml.measure.cutout import studio_view
from ml.measure.gallery import embed, embed_views
from ml.measure.photo_edits import photo_view

SEED = 1
CALLS = 60
HEADER = (
    "| encoder | category weight | triplets seen | recall@1 | mAP | instance R@1 "
    "| on white: recall@1 | own photo | ms |"
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return run_command("ml.ablate", lambda: _print(run(options)))


def _print(rows: list[str]) -> None:
    print(f"{HEADER}\n|---|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))


def run(options: argparse.Namespace) -> list[str]:
    # Ablations are for choosing, so the test photos are not opened.
    splits = read_splits(data_folder(options.data))
    encoder = Encoder.load(options.encoder)
    weights = chosen_weights(encoder, options.category_weights)
    categories = categories_of(splits["train"])
    train, queries = (
        embed(encoder, splits[name], categories, name)
        for name in ("train", "validation")
    )
    vectors = [
        train.vectors,
        queries.vectors,
        embed_views(encoder, queries.items, photo_view, SEED, "views"),
        embed_views(encoder, queries.items, studio_view, SEED, "on white"),
    ]
    milliseconds = network_ms(encoder)
    rows = []
    for weight in weights:
        gallery, originals, views, on_white = (
            each if weight is None else reweight(each, encoder, weight)
            for each in vectors
        )
        figures = measure(
            gallery, originals, views, on_white, train.labels, queries.labels
        )
        cells = [f"{figure:.3f}".lstrip("0") for figure in figures]
        share = "-" if weight is None else f"{weight:g}"
        rows.append(
            f"| {encoder.version} | {share} | {' | '.join(cells)} "
            f"| {milliseconds:.1f} |"
        )
    return rows


def measure(
    gallery: np.ndarray,
    queries: np.ndarray,
    views: np.ndarray,
    on_white: np.ndarray,
    gallery_labels: np.ndarray,
    labels: np.ndarray,
) -> tuple[float, ...]:
    """Return the figures of one row; `views` and `on_white` (N, D) show the queries."""
    ranked, white_ranked = (
        metrics.relevance(vectors, labels, gallery, gallery_labels)
        for vectors in (queries, on_white)
    )
    own = np.arange(len(queries))
    return (
        metrics.random_triplets_in_order(gallery, gallery_labels, SEED),
        metrics.recall_at(1, ranked),
        metrics.mean_average_precision(ranked),
        metrics.recall_at(1, metrics.relevance(views, own, queries, own)),
        metrics.recall_at(1, white_ranked),
        metrics.recall_at(1, metrics.relevance(on_white, own, queries, own)),
    )


def chosen_weights(encoder: Encoder, given: str | None) -> list[float | None]:
    """Return the category weights to measure; None leaves the vector unchanged."""
    if given is None:
        return [encoder.info.get("recipe", {}).get("category_weight")]
    if "category_weight" not in encoder.info.get("recipe", {}):
        raise ConfigError(f"{encoder.version} has no category and appearance to weigh.")
    try:
        weights = [float(word) for word in given.split(",")]
    except ValueError:
        weights = [math.nan]
    if not all(0 <= weight <= 1 for weight in weights):
        raise ConfigError(
            "--category-weights takes numbers from 0 to 1, such as 0,0.5,1."
        )
    return list(weights)


def reweight(vectors: np.ndarray, encoder: Encoder, weight: float) -> np.ndarray:
    """Return the (N, D) vectors with another category weight."""
    recipe = encoder.info["recipe"]
    old, cut = recipe["category_weight"], recipe["category_dimension"]
    if not 0 < old < 1:
        raise ConfigError(
            f"{encoder.version} holds only one of category and appearance."
        )
    category = vectors[:, :cut] * math.sqrt(weight / old)
    appearance = vectors[:, cut:] * math.sqrt((1 - weight) / (1 - old))
    return np.concatenate([category, appearance], axis=1)


def network_ms(encoder: Encoder) -> float:
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
        description="Measure an encoder on validation photos and print rows of "
        "ABLATIONS.md.",
    )
    add = parser.add_argument
    add_data(parser)
    add("--encoder", type=Path, default=SHIPPED, metavar="DIR")
    add(
        "--category-weights",
        metavar="W,W",
        help="category weights to measure (default: the encoder's own)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
