"""Measure an encoder and write its figures and pictures.

python -m ml.evaluate --data DIR [--encoder DIR] [--split validation] [--out DIR]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ml.command import (
    add_data,
    add_notes,
    add_split,
    data_folder,
    run_command,
    var_folder,
)
from ml.dataset import SPLITS, DatasetError, categories_of, read_splits
from ml.encoder import SHIPPED, Encoder
from ml.measure import figures as figures_of
from ml.measure.gallery import embed
from ml.measure.history import draw_loss, read_history
from ml.measure.labels import Notes
from ml.measure.pictures import write_pictures
from ml.measure.tables import all_tables

EPILOG = """Choose between networks with --split validation, which does not open the
test photos; use the test split for the figures you report. With --json the last line
is one JSON object, which is also written to OUT/figures.json."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return run_command("ml.evaluate", lambda: _print(run(options), options))


def _print(figures: dict[str, Any], options: argparse.Namespace) -> None:
    print(f"\nencoder {figures['encoder']}\n\n{all_tables(figures)}")
    print(f"\nWritten to {options.out}")
    if options.json:
        print(json.dumps(figures))


def run(options: argparse.Namespace) -> dict[str, Any]:
    data = data_folder(options.data)
    notes = Notes.read(data, options.attributes, options.senders)
    splits = read_splits(data)
    if not splits[options.split]:
        raise DatasetError(f"There are no photos of a {options.split} split.")
    encoder = Encoder.load(options.encoder, runtime=options.runtime)
    options.out.mkdir(parents=True, exist_ok=True)
    categories = categories_of(splits["train"])
    # Choosing by validation photos must not open the test photos.
    opened = SPLITS[: SPLITS.index(options.split) + 1]
    embedded = {name: embed(encoder, splits[name], categories, name) for name in opened}
    history = read_history(options.encoder / "history.csv")
    figures = _without_nan(
        {
            "encoder": encoder.version,
            "split": options.split,
            "seed": figures_of.SEED,
            "loss": [asdict(epoch) for epoch in history],
            "index": {
                "files": len(splits["train"]),
                "photos": len(embedded["train"]),
                "dimension": encoder.dimension,
            },
            **figures_of.measure(
                encoder, embedded, options.split, options.views, notes
            ),
        }
    )
    (options.out / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    if options.pictures:
        if history:
            draw_loss(options.out / "loss.png", history)
        train, queries = embedded["train"], embedded[options.split]
        write_pictures(train, queries, categories, encoder.bands, options.out)
    return figures


def _without_nan(value: Any) -> Any:
    # JSON has no nan.
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
    add_data(parser)
    add_notes(parser)
    add_split(parser)
    add = parser.add_argument
    add(
        "--encoder",
        type=Path,
        metavar="DIR",
        default=SHIPPED,
        help="folder of the encoder",
    )
    add("--runtime", choices=("onnx", "keras"), default="onnx", help="default: onnx")
    add(
        "--views",
        type=_at_least_one,
        default=1,
        metavar="N",
        help="changed views of each photo for the instance rows (default: 1)",
    )
    out = var_folder() / "evaluation"
    written = f"where figures and pictures go (default: {out})"
    add("--out", type=Path, metavar="DIR", default=out, help=written)
    figures_only = "write figures only"
    add("--no-pictures", dest="pictures", action="store_false", help=figures_only)
    add("--json", action="store_true", help="end with one JSON object")
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
