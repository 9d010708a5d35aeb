"""Measure an encoder: the report's tables beside ours, contact sheets, loss curve.

python -m ml.evaluate --data DIR [--encoder DIR] [--out DIR] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from ml import metrics
from ml.card import TRIPLETS, triplets_in_order
from ml.config import DATA_VARIABLE, data_folder, var_folder
from ml.dataset import SPLITS, DatasetError, Item, categories_of, read_splits
from ml.encoder import SHIPPED, Encoder
from ml.errors import UserError
from ml.history import draw_loss, read_history
from ml.preprocess import PhotoError, read_photo
from ml.sheets import contact_sheet
from ml.tables import all_tables
from ml.views import random_view

SEED = 1
TIMED_QUERIES = 100
DECODE_AHEAD = 64  # photos held decoded, in full, at a time
# Figs 6.4-6.7 of the report: shoe, cap, long sleeve, shorts.
SHEET_CATEGORIES = ("shoes", "hat", "longsleeve", "shorts")
SHEET_RESULTS = 11


@dataclass(frozen=True)
class Split:
    """The readable photos of a split and their vectors, in one order."""

    items: list[Item]
    labels: np.ndarray  # (N,) int64
    vectors: np.ndarray  # (N, dimension) float32, unit length


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        figures = run(options)
    except (UserError, OSError) as error:
        print(f"ml.evaluate: {error}", file=sys.stderr)
        return 1
    print(f"\nencoder {figures['encoder']}\n\n{all_tables(figures)}")
    print(f"\ncontact sheets and loss curve: {options.out}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything, write the pictures, return the figures."""
    splits = read_splits(data_folder(options.data))
    if not splits["test"]:
        raise DatasetError("There are no photos of a test split to measure on.")
    encoder = Encoder.load(options.encoder, runtime=options.runtime)
    options.out.mkdir(parents=True, exist_ok=True)
    categories = categories_of(splits["train"])
    embedded = {name: embed(encoder, splits[name], categories, name) for name in SPLITS}
    history = read_history(options.encoder / "history.csv")
    if history:
        draw_loss(options.out / "loss.png", history)
    write_sheets(embedded, categories, options.out)
    figures = {
        "encoder": encoder.version,
        "seed": SEED,
        "loss": [asdict(epoch) for epoch in history],
        "index": {
            "files": len(splits["train"]),
            "photos": len(embedded["train"].items),
            "dimension": encoder.dimension,
        },
        **measure(embedded),
        "instance": instance_recall(encoder, embedded),
        "query_ms": query_times_ms(encoder, embedded),
    }
    return _without_nan(figures)


def embed(
    encoder: Encoder, items: list[Item], categories: Sequence[str], words: str
) -> Split:
    """Decode and encode in batches; a photo that cannot be read is named and left."""
    kept: list[Item] = []
    vectors = [np.empty((0, encoder.dimension), dtype=np.float32)]
    items = [item for item in items if item.category in categories]
    with ThreadPoolExecutor() as pool, tqdm(total=len(items), unit="photo") as bar:
        bar.set_description(f"encoding {words}")
        for start in range(0, len(items), DECODE_AHEAD):
            batch = items[start : start + DECODE_AHEAD]
            read = [
                (item, image)
                for item, image in zip(
                    batch,
                    pool.map(lambda i: _read_or_say(i.path, encoder), batch),
                    strict=True,
                )
                if image is not None
            ]
            kept += [item for item, _ in read]
            vectors.append(encoder.encode([image for _, image in read]))
            bar.update(len(batch))
    labels = [categories.index(item.category) for item in kept]
    return Split(kept, np.array(labels, dtype=np.int64), np.concatenate(vectors))


def measure(embedded: dict[str, Split]) -> dict[str, Any]:
    """The figures that follow from the vectors alone."""
    train, test = embedded["train"], embedded["test"]
    norms = np.linalg.norm(train.vectors, axis=1)
    relevant = metrics.relevance(test.vectors, test.labels, train.vectors, train.labels)
    similarity: dict[str, Any] = {"norms": [float(norms.min()), float(norms.max())]}
    for name in ("train", "test"):
        split = embedded[name]
        inside, between = metrics.mean_similarity(split.vectors, split.labels)
        similarity[name] = {"inside": inside, "between": between}
    return {
        "similarity": similarity,
        "triplets_in_order": {
            "count": TRIPLETS,
            **{
                name: triplets_in_order(split.vectors, split.labels, SEED)
                for name, split in embedded.items()
            },
        },
        "retrieval": {
            "queries": len(test.items),
            "gallery": len(train.items),
            **metrics.retrieval(relevant),
        },
    }


def instance_recall(encoder: Encoder, embedded: dict[str, Split]) -> dict[str, Any]:
    """How often a changed view finds its own photo among all of validation and test.

    The view is a crop of 60-90 % of each side, mirrored half of the time, in other
    light. It says whether the network still sees the garment and not only its kind.
    """
    parts = [embedded["validation"], embedded["test"]]
    items = [item for split in parts for item in split.items]
    gallery = np.concatenate([split.vectors for split in parts])
    rng = np.random.default_rng(SEED)
    views = [
        random_view(read_photo(item.path, max_side=encoder.decode_side), rng)
        for item in tqdm(items, desc="views", unit="photo")
    ]
    numbers = np.arange(len(items))
    relevant = metrics.relevance(encoder.encode(views), numbers, gallery, numbers)
    return {"photos": len(items), "recall@1": metrics.recall_at(1, relevant)}


def query_times_ms(encoder: Encoder, embedded: dict[str, Split]) -> dict[str, float]:
    """File of a test photo -> its ten closest train photos, one after the other."""
    gallery, queries = embedded["train"].vectors, embedded["test"].items
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


def write_sheets(
    embedded: dict[str, Split], categories: Sequence[str], out: Path
) -> list[Path]:
    """One PNG for each category of the figures: its first test photo, not a chosen one.

    Where the data has none of these categories, its first four are shown.
    """
    names = [name for name in SHEET_CATEGORIES if name in categories]
    files = []
    for name in names or categories[:4]:
        label = categories.index(name)
        places = np.flatnonzero(embedded["test"].labels == label)
        if len(places):
            files.append(out / f"sheet-{name}.png")
            _sheet(embedded, int(places[0]), categories).save(files[-1])
    return files


def _sheet(
    embedded: dict[str, Split], place: int, categories: Sequence[str]
) -> Image.Image:
    test, train = embedded["test"], embedded["train"]
    found = metrics.distances(test.vectors[place : place + 1], train.vectors)[0]
    results = [
        (
            read_photo(train.items[i].path),
            f"{categories[train.labels[i]]}\ndistance {found[i]:.4f}",
            bool(train.labels[i] == test.labels[place]),
        )
        for i in np.argsort(found, kind="stable")[:SHEET_RESULTS]
    ]
    item = test.items[place]
    return contact_sheet(read_photo(item.path), f"query\n{item.category}", results)


def _read_or_say(path: Path, encoder: Encoder) -> Image.Image | None:
    try:
        return read_photo(path, max_side=encoder.decode_side)
    except (PhotoError, OSError) as error:
        tqdm.write(f"skipped {path}: {error}", file=sys.stderr)
        return None


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
        description="Print the report's tables beside the figures of an encoder, and "
        "write contact sheets and the loss curve.",
    )
    add = parser.add_argument
    add(
        "--data",
        type=Path,
        metavar="DIR",
        help=f"folder of photos (default: the variable {DATA_VARIABLE})",
    )
    add(
        "--encoder",
        type=Path,
        metavar="DIR",
        default=SHIPPED,
        help="folder with encoder.json (default: the encoder that comes with the "
        "project)",
    )
    add(
        "--out",
        type=Path,
        metavar="DIR",
        default=var_folder() / "evaluation",
        help="folder for the pictures (default: %(default)s)",
    )
    add("--json", type=Path, metavar="FILE", help="write the figures here too")
    add("--runtime", choices=["onnx", "keras"], default="onnx", help="default: onnx")
    return parser


if __name__ == "__main__":
    sys.exit(main())
