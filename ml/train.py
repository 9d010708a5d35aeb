"""Train an encoder: photos in category folders in, a folder to serve from out.

python -m ml.train --recipe report --data DIR --weights imagenet --out DIR
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.card import command_line, make_card
from ml.config import DATA_VARIABLE, RECIPES, ConfigError, Recipe, data_folder
from ml.dataset import load_splits, read_splits
from ml.errors import UserError
from ml.history import draw_loss, write_history

EXAMPLES = """examples:
  python -m ml.train --data ../clothing-dataset-small --out var/encoders/mine
  python -m ml.train --data DIR --weights mobilenet_v2.weights.h5 --out OUT --seed 7

DIR holds train/, validation/ and test/ with one folder of photos a category, or the
category folders themselves (a tenth is then held out for each of validation and
test). OUT gets encoder.keras, encoder.onnx, encoder.json, history.csv, loss.png.
"""

KNOBS = (
    ("epochs", int, "how many"),
    ("steps", int, "of an epoch"),
    ("batch", int, "triplets a step"),
    ("margin", float, "of the triplet loss"),
    ("learning_rate", float, "at its highest"),
    ("seed", int, "of everything random"),
    ("alpha", float, "width of MobileNetV2; another one needs its own weights"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(words)
    try:
        run(options, command_line("ml.train", words))
    except KeyboardInterrupt:
        print("\nml.train: stopped; nothing was written.", file=sys.stderr)
        return 130
    except (UserError, OSError) as error:
        print(f"ml.train: {error}", file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace, command: str) -> dict[str, Any]:
    """Train, measure, export. What encoder.json says is returned."""
    recipe = chosen_recipe(options)
    data = data_folder(options.data)
    # Faults of the data show before TensorFlow is imported, which takes seconds.
    splits = read_splits(data)
    options.out.mkdir(parents=True, exist_ok=True)
    weights = None if options.weights == "none" else options.weights
    from ml.backend import keras
    from ml.exporting import export_encoder, parity_photos
    from ml.model import build_encoder
    from ml.training import encode_pixels, train_encoder

    keras.utils.set_random_seed(recipe.seed)
    encoder = build_encoder(recipe, weights)
    photos = load_splits(splits, ["train", "validation"], recipe.input_size)
    started = time.monotonic()
    history = train_encoder(encoder, photos["train"], photos["validation"], recipe)
    seconds = time.monotonic() - started
    if options.measure_test:
        photos |= load_splits(splits, ["test"], recipe.input_size)
    card = make_card(
        encode=lambda pixels: encode_pixels(encoder, pixels),
        recipe=recipe,
        data=data,
        splits=splits,
        photos=photos,
        command=command,
    )
    card["training_s"] = round(seconds)
    card = export_encoder(encoder, options.out, parity_photos(photos), card)
    write_history(options.out / "history.csv", history)
    draw_loss(options.out / "loss.png", history)
    _print_summary(card, options.out)
    return card


def chosen_recipe(options: argparse.Namespace) -> Recipe:
    """The recipe named, with the knobs turned on the command line."""
    names = {field.name for field in dataclasses.fields(Recipe)} - {"name"}
    turned = {
        name: value
        for name, value in vars(options).items()
        if name in names and value is not None
    }
    recipe = dataclasses.replace(RECIPES[options.recipe], **turned)
    for name in ("epochs", "steps", "batch"):
        if getattr(recipe, name) < 1:
            raise ConfigError(f"--{name} must be at least 1.")
    for name in ("margin", "learning_rate", "alpha"):
        if not 0 < getattr(recipe, name) < math.inf:
            raise ConfigError(f"--{name.replace('_', '-')} must be above 0.")
    if recipe.seed < 0:
        raise ConfigError("--seed must be 0 or more.")
    return recipe


def _print_summary(card: dict[str, Any], out: Path) -> None:
    print(f"\n{card['version']}: trained in {card['training_s']} s")
    for split, figures in card["metrics"].items():
        values = ", ".join(
            f"{name} {'-' if value is None else f'{value:.3f}'}"
            for name, value in figures.items()
        )
        print(f"  {split}: {values}")
    for name, distance in card["bands"]:
        print(f"  {name}: distance up to {distance:.4f}")
    print(f"  Keras against ONNX: least cosine {card['parity']['least_cosine']}")
    print(f"written to {out}. Look closer: python -m ml.evaluate --encoder {out}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.train",
        description="Train an encoder on photos in category folders.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--recipe", choices=sorted(RECIPES), default="report", help="default: report")
    add(
        "--data",
        type=Path,
        metavar="DIR",
        help=f"folder of photos (default: the variable {DATA_VARIABLE})",
    )
    add(
        "--weights",
        default="imagenet",
        metavar="imagenet|PATH|none",
        help="where MobileNetV2 starts: downloaded by Keras, a file of weights "
        "without top, or at random (default: imagenet)",
    )
    add("--out", type=Path, metavar="DIR", required=True, help="folder to write to")
    for name, kind, words in KNOBS:
        default = getattr(RECIPES["report"], name)
        add(
            f"--{name.replace('_', '-')}",
            type=kind,
            metavar="N",
            help=f"{words} (default: {default:g})",
        )
    add(
        "--measure-test",
        action="store_true",
        help="measure on the test split too and keep the figures; for a network "
        "to ship, not for choosing one",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
