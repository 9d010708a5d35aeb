"""Measure an encoder: figures as a table and as JSON, pictures to look at.

python -m ml.evaluate --data DIR [--encoder DIR] [--split validation] [--out DIR]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ml.dataset import DatasetError, categories_of, read_splits
from ml.encoder import SHIPPED, Encoder
from ml.errors import UserError
from ml.history import draw_loss, read_history
from ml.measure import bands, metrics
from ml.measure.cutout import studio_view
from ml.measure.encoder_info import TRIPLETS, triplets_in_order
from ml.measure.gallery import EmbeddedSplit, PhotoEncoder, embed, embed_views
from ml.measure.photo_edits import ROWS, edited_view
from ml.measure.pictures import write_pictures
from ml.measure.pixel_features import near_colour, near_pattern, near_share
from ml.measure.tables import all_tables
from ml.preprocess import read_photo
from ml.recipes import DATA_VARIABLE, data_folder, var_folder

SEED = 1
TIMED_QUERIES = 100
MISTAKES = 6  # named

EPILOG = """Choose between networks with --split validation, which does not open the
test photos; the test split is for the figure you report. With --json the last line
is one JSON object, which is also written to OUT/figures.json."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        figures = run(options)
    except (UserError, OSError) as error:
        print(f"ml.evaluate: {error}", file=sys.stderr)
        return 1
    print(f"\nencoder {figures['encoder']}\n\n{all_tables(figures)}")
    print(f"\nwritten to {options.out}")
    if options.json:
        print(json.dumps(figures))
    return 0


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything, write figures and pictures, return the figures."""
    splits = read_splits(data_folder(options.data))
    if not splits[options.split]:
        raise DatasetError(f"There are no photos of a {options.split} split.")
    encoder = Encoder.load(options.encoder, runtime=options.runtime)
    options.out.mkdir(parents=True, exist_ok=True)
    categories = categories_of(splits["train"])
    looked_at = ["train", "validation", "test"]
    looked_at = looked_at[: looked_at.index(options.split) + 1]
    embedded = {n: embed(encoder, splits[n], categories, n) for n in looked_at}
    history = read_history(options.encoder / "history.csv")
    figures = _without_nan(
        {
            "encoder": encoder.version,
            "split": options.split,
            "seed": SEED,
            "loss": [asdict(epoch) for epoch in history],
            "index": {
                "files": len(splits["train"]),
                "photos": len(embedded["train"]),
                "dimension": encoder.dimension,
            },
            **measure(embedded, options.split),
            "instance": instance(encoder, embedded, options.views),
            "studio": studio(encoder, embedded, options.split),
            "bands": check_bands(encoder, embedded, options.split),
            "query_ms": query_times_ms(encoder, embedded, options.split),
        }
    )
    (options.out / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    if options.pictures:
        if history:
            draw_loss(options.out / "loss.png", history)
        write_pictures(
            embedded["train"], embedded[options.split], categories, encoder.bands,
            options.out,
        )  # fmt: skip
    return figures


def measure(embedded: dict[str, EmbeddedSplit], name: str) -> dict[str, Any]:
    """The figures that follow from the vectors alone; `name` is the split asked."""
    train, asked = embedded["train"], embedded[name]
    norms = np.linalg.norm(train.vectors, axis=1)
    relevant = metrics.relevance(
        asked.vectors, asked.labels, train.vectors, train.labels
    )
    similarity: dict[str, Any] = {"norms": [float(norms.min()), float(norms.max())]}
    for key, split in (("seen", train), ("unseen", asked)):
        inside, between = metrics.mean_similarity(split.vectors, split.labels)
        similarity[key] = {"inside": inside, "between": between}
    return {
        "similarity": similarity,
        "triplets_in_order": {
            "count": TRIPLETS,
            **{
                key: triplets_in_order(split.vectors, split.labels, SEED)
                for key, split in embedded.items()
            },
        },
        "category": {
            "queries": len(asked),
            "gallery": len(train),
            **metrics.retrieval(relevant),
        },
        "mistakes": mistakes(train, asked),
        "looks": shared_features(train, asked),
    }


def mistakes(gallery: EmbeddedSplit, asked: EmbeddedSplit) -> dict[str, Any]:
    """Recall@1 by category, and which category is most often found for which."""
    found = metrics.distances(asked.vectors, gallery.vectors).argmin(axis=1)
    pairs = [
        (item.category, gallery.items[place].category)
        for item, place in zip(asked.items, found.tolist(), strict=True)
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


def shared_features(gallery: EmbeddedSplit, asked: EmbeddedSplit) -> dict[str, Any]:
    """What the ten closest have in common with the query beside their category."""
    ours, theirs = asked.features, gallery.features
    same = asked.labels[:, None] == gallery.labels[None, :]
    near = {
        "colour": near_colour(ours.garment, theirs.garment),
        "pattern": near_pattern(ours.busy, theirs.busy),
        "background": near_colour(ours.border, theirs.border),
    }
    return {
        name: near_share(asked.vectors, gallery.vectors, alike, same)
        for name, alike in near.items()
    }


def instance(
    encoder: PhotoEncoder, embedded: dict[str, EmbeddedSplit], views_each: int
) -> dict[str, Any]:
    """How often a changed view finds its own photo among all not trained on.

    Those are validation and test, or validation alone where that is the split asked.
    It says whether the network still sees the garment and not only its kind.
    """
    parts = [split for key, split in embedded.items() if key != "train"]
    items = [item for split in parts for item in split.items]
    gallery = np.concatenate([split.vectors for split in parts])
    # Another photo of its product is the same garment: that is found too.
    keys = [f"{item.category}/{item.product or item.path}" for item in items]
    own = np.unique(keys, return_inverse=True)[1]
    figures: dict[str, Any] = {"photos": len(items), "views_each": views_each}
    for row, view in ROWS.items():
        rankings = []
        for number in range(views_each):
            views = embed_views(encoder, items, view, SEED + number, f"{row} views")
            rankings.append(metrics.relevance(views, own, gallery, own))
        relevant = np.concatenate(rankings)
        figures[row] = {f"recall@{k}": metrics.recall_at(k, relevant) for k in (1, 10)}
    return figures


def studio(
    encoder: PhotoEncoder, embedded: dict[str, EmbeddedSplit], name: str
) -> dict[str, float | int]:
    """Photos as a shop shows them, the garment alone on white: what is still found.

    By category among the train photos, which have somebody's floor for a ground, and
    as they were taken among the photos of the split asked.
    """
    train, asked = embedded["train"], embedded[name]
    views = embed_views(encoder, asked.items, studio_view, SEED, "on white")
    relevant = metrics.relevance(views, asked.labels, train.vectors, train.labels)
    own = np.arange(len(asked))
    return {
        "photos": len(asked),
        "recall@1": metrics.recall_at(1, relevant),
        "mAP": metrics.mean_average_precision(relevant),
        "own photo recall@1": metrics.recall_at(
            1, metrics.relevance(views, own, asked.vectors, own)
        ),
    }


def check_bands(
    encoder: Encoder, embedded: dict[str, EmbeddedSplit], name: str
) -> list[dict[str, Any]]:
    """What the bands of encoder.json hold on the photos of the split asked."""
    asked = embedded[name]
    others = [split.vectors for key, split in embedded.items() if key != name]
    views = embed_views(encoder, asked.items, edited_view, SEED, "edited views")
    return bands.check(
        encoder.bands, asked.vectors, asked.labels, views, np.concatenate(others)
    )


def query_times_ms(
    encoder: Encoder, embedded: dict[str, EmbeddedSplit], name: str
) -> dict[str, float]:
    """File of a photo -> its ten closest train photos, one after the other."""
    gallery, queries = embedded["train"].vectors, embedded[name].items
    times = []
    for item in queries[:TIMED_QUERIES]:
        started = time.perf_counter()
        image = read_photo(item.path, max_side=encoder.decode_side)
        found = metrics.distances(encoder.encode([image]), gallery)[0]
        np.argpartition(found, min(10, len(found) - 1))[:10]
        times.append(1000 * (time.perf_counter() - started))
    return {
        "median": float(np.median(times)),
        "p95": float(np.percentile(times, 95)),
    }


def _without_nan(value: Any) -> Any:
    """JSON has no nan: null stands for what could not be measured."""
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.evaluate",
        description="Measure an encoder on photos it was not trained on.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add(
        "--data",
        type=Path,
        metavar="DIR",
        help=f"folder of photos (default: the variable {DATA_VARIABLE})",
    )
    add("--encoder", type=Path, metavar="DIR", default=SHIPPED, help="its folder")
    add("--runtime", choices=("onnx", "keras"), default="onnx", help="default: onnx")
    add(
        "--split",
        choices=("validation", "test"),
        default="test",
        help="the photos to ask with (default: test)",
    )
    add(
        "--views",
        type=_at_least_one,
        default=1,
        metavar="N",
        help="changed views of each photo for the instance rows (default: 1)",
    )
    out = var_folder() / "evaluation"
    add(
        "--out",
        type=Path,
        metavar="DIR",
        default=out,
        help=f"where figures and pictures go (default: {out})",
    )
    add("--no-pictures", dest="pictures", action="store_false", help="figures alone")
    add("--json", action="store_true", help="end with one JSON object")
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
