"""Train an encoder: photos in category folders in, a folder to serve from out.

python -m ml.train --recipe report --data DIR --weights imagenet --out DIR
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml.dataset import Photos, categories_of, load_splits, read_splits
from ml.errors import ConfigError, UserError
from ml.history import Epoch, draw_loss, write_history
from ml.measure.encoder_info import command_line, make_encoder_info
from ml.recipes import (
    DATA_VARIABLE,
    DEFAULT_RECIPE,
    RECIPES,
    SCRATCH,
    FashionRecipe,
    Recipe,
    TripletRecipe,
    data_folder,
)

EXAMPLES = """examples:
  python -m ml.train --data ../clothing-dataset-small --out var/encoders/mine
  python -m ml.train --data DIR --weights mobilenet_v2.weights.h5 --out OUT --seed 7

DIR holds train/, validation/ and test/ with one folder of photos a category, or the
category folders themselves (a tenth is then held out for each of validation and
test); photos of one product may lie in a folder of their own within the category.
OUT gets encoder.keras, encoder.onnx, encoder.json, history.csv, loss.png. A training
that was cut off goes on when the same command runs again (recipe fashion).
"""

KNOBS = (
    ("epochs", int, "how many"),
    ("steps", int, "of an epoch"),
    ("batch", int, "a step: triplets, or photos of two views each"),
    ("margin", float, "of the triplet loss"),
    ("learning_rate", float, "at its highest"),
    ("seed", int, "of everything random"),
    ("input_size", int, "pixels of a side that the network sees, 64 or more"),
    ("alpha", float, "width of MobileNetV2; another one needs its own weights"),
    ("views", int, "of each photo, the photo itself among them"),
    ("other_grounds", float, "share of the views on another ground, 0 to 1"),
    ("category_weight", float, "share of the category in the cosine, 0 to 1"),
    ("category_dimension", int, "of the embedding's numbers; the rest: appearance"),
    ("category_heat", float, "of the shares of categories: the more, the softer"),
    ("frozen_blocks", int, "of MobileNetV2's 16, 10 to 12"),
    ("tops", int, "trained side by side above them, each with two heads"),
    ("layout_channels", int, "of what a head sees where; 0: pooled alone"),
    ("hidden", int, "numbers between the network and a head's own"),
    ("dropout", float, "of the heads, 0 (none) to below 1"),
    ("temperature", float, "of the losses"),
    ("appearance", float, "weight of telling photos apart"),
    ("distillation", float, "weight of staying like the network at the start"),
    ("soup", int, "trainings, each of a seed of its own, to average weight by weight"),
    ("averaging", float, "of the weights over steps, 0 (none) to below 1"),
)
LEAST = {
    "epochs": 1,
    "steps": 1,
    "batch": 1,
    "views": 2,
    "seed": 0,
    "category_dimension": 1,
    "frozen_blocks": 10,  # those below give the textures
    "tops": 1,
    "layout_channels": 0,
    "hidden": 1,
    "soup": 1,
    "input_size": 64,  # which MobileNetV2 halves five times; at 32 ONNX fails
}
MOST = {
    "category_dimension": RECIPES["fashion"].dimension - 1,
    "frozen_blocks": 12,  # those above give the depths
}
ABOVE_ZERO = ("margin", "learning_rate", "alpha", "temperature", "category_heat")
SHARES = ("category_weight", "other_grounds")
BELOW_ONE = ("averaging", "dropout")
# What a network is built of; one that is gone on from is built already.
BUILT = ("alpha", "frozen_blocks", "tops")


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(words)
    try:
        run(options, command_line("ml.train", words))
    except KeyboardInterrupt:
        print(
            "\nml.train: stopped. The same command goes on where it was "
            "(recipe fashion).",
            file=sys.stderr,
        )
        return 130
    except (UserError, OSError) as error:
        print(f"ml.train: {error}", file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace, command: str) -> dict[str, Any]:
    card = train_folder(
        chosen_recipe(options),
        data_folder(options.data),
        options.out,
        weights=None if options.weights == "none" else options.weights,
        start=options.start,
        leave_out=tuple(options.leave_out.split(",")) if options.leave_out else (),
        views=options.views_folder,
        measure_test=options.measure_test,
        command=command,
    )
    _print_summary(card, options.out)
    return card


def train_folder(
    recipe: Recipe,
    data: Path,
    out: Path,
    *,
    weights: str | Path | None = None,
    start: Path | None = None,
    leave_out: Sequence[str] = (),
    views: Path | None = None,
    measure_test: bool = False,
    command: str = "",
) -> dict[str, Any]:
    """Train, measure, export to `out`. What encoder.json says is returned.

    `weights` as for `ml.backbone.build_backbone`; `start` is the folder of an
    encoder of the recipe `fashion` to go on from instead. Photos of the categories in
    `leave_out` are not shown to the network. `views` is a folder to keep the views of
    the photos in, for the next training on them; without it they go when the training
    is done.
    """
    # Faults of the data show before TensorFlow is imported, which takes seconds.
    splits = read_splits(data)
    _check_left_out(leave_out, categories_of(splits["train"]))
    if start is not None and not isinstance(recipe, FashionRecipe):
        raise ConfigError("--from needs --recipe fashion.")
    out.mkdir(parents=True, exist_ok=True)
    from ml.backend import keras
    from ml.conversion import encode_pixels, export_encoder, parity_photos

    keras.utils.set_random_seed(recipe.seed)
    names = ["train", "validation"] + ["test"] * measure_test
    photos = load_splits(splits, names, recipe.input_size)
    splits = {
        name: [item for item in items if item.category not in leave_out]
        for name, items in splits.items()
    }
    began, began_cpu = time.monotonic(), time.process_time()
    network, history = train_network(
        recipe, photos, leave_out, weights, start, out, views
    )
    seconds = time.monotonic() - began, time.process_time() - began_cpu
    photos = {name: split.without(leave_out) for name, split in photos.items()}
    card = make_encoder_info(
        encode=lambda pixels: encode_pixels(network, pixels),
        recipe=recipe,
        data=data,
        splits=splits,
        photos=photos,
        command=command,
    )
    card["training_s"], card["training_cpu_s"] = map(round, seconds)
    card = export_encoder(network, out, parity_photos(photos), card)
    write_history(out / "history.csv", history)
    draw_loss(out / "loss.png", history)
    shutil.rmtree(out / SCRATCH, ignore_errors=True)
    return card


def train_network(
    recipe: Recipe,
    photos: Mapping[str, Photos],
    leave_out: Sequence[str],
    weights: str | Path | None,
    start: Path | None,
    out: Path,
    views: Path | None,
) -> tuple[Any, list[Epoch]]:
    """The trained network and its history, by whichever recipe."""
    if isinstance(recipe, FashionRecipe):
        from ml.fashion.loop import fit

        return fit(recipe, photos, leave_out, weights, start, out, views)
    if not isinstance(recipe, TripletRecipe):
        raise ConfigError(f"There is no way to train the recipe {recipe.name!r}.")
    from ml.triplets.loop import fit as fit_triplets

    return fit_triplets(recipe, photos, leave_out, weights)


def _check_left_out(leave_out: Sequence[str], categories: Sequence[str]) -> None:
    if unknown := sorted(set(leave_out) - set(categories)):
        raise ConfigError(
            f"--leave-out names {', '.join(unknown)}; the photos have "
            f"{', '.join(categories)}."
        )
    if len(set(categories) - set(leave_out)) < 2:
        raise ConfigError("--leave-out must leave two categories to train on.")


def chosen_recipe(options: argparse.Namespace) -> Recipe:
    """The recipe named, with the knobs turned on the command line."""
    turned = {
        name: getattr(options, name)
        for name, _, _ in KNOBS
        if getattr(options, name) is not None
    }
    recipe = RECIPES[options.recipe]
    for name in turned:
        if not hasattr(recipe, name):
            raise ConfigError(
                f"--{name.replace('_', '-')} is no knob of --recipe {recipe.name}."
            )
        if options.start is not None and name in BUILT:
            raise ConfigError(
                f"--{name.replace('_', '-')} goes with a new network; the one that "
                "--from names is built already. Leave one of the two away."
            )
    _check_numbers(turned)
    recipe = dataclasses.replace(recipe, **turned)
    if isinstance(recipe, FashionRecipe):
        category = recipe.category_dimension
        if category % recipe.tops or (recipe.dimension - category) % recipe.tops:
            raise ConfigError(
                f"--tops {recipe.tops} cannot share --category-dimension {category} "
                f"and the {recipe.dimension - category} numbers left evenly."
            )
    return recipe


def _check_numbers(turned: dict[str, Any]) -> None:
    for name, value in turned.items():
        least = LEAST.get(name)
        words = f"--{name.replace('_', '-')}"
        if least is not None and value < least:
            raise ConfigError(f"{words} must be at least {least}.")
        if value > MOST.get(name, math.inf):
            raise ConfigError(f"{words} must be at most {MOST[name]}.")
        if name in ABOVE_ZERO and not 0 < value < math.inf:
            raise ConfigError(f"{words} must be above 0.")
        if name in ("appearance", "distillation") and not 0 <= value < math.inf:
            raise ConfigError(f"{words} must be 0 or more.")
        if name in BELOW_ONE and not 0 <= value < 1:
            raise ConfigError(f"{words} must be 0 or more and below 1.")
        if name in SHARES and not 0 <= value <= 1:
            raise ConfigError(f"{words} must be from 0 to 1.")


def _print_summary(card: dict[str, Any], out: Path) -> None:
    cpu = card["training_cpu_s"]
    print(f"\n{card['version']}: trained in {card['training_s']} s ({cpu} s of CPU)")
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
    add(
        "--recipe",
        choices=sorted(RECIPES),
        default=DEFAULT_RECIPE,
        help="default: %(default)s",
    )
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
    add(
        "--from",
        dest="start",
        type=Path,
        metavar="DIR",
        help="folder of an encoder of the recipe fashion to go on from instead",
    )
    add(
        "--leave-out",
        default="",
        metavar="A,B",
        help="categories not to train on, to see how unseen kinds fare",
    )
    add(
        "--views-folder",
        type=Path,
        metavar="DIR",
        help="keep the views of the photos here for the next training on them "
        "(recipe fashion; 30 KB a view)",
    )
    for name, kind, words in KNOBS:
        defaults = ", ".join(
            f"{key} {getattr(recipe, name):g}"
            for key, recipe in RECIPES.items()
            if hasattr(recipe, name)
        )
        add(
            f"--{name.replace('_', '-')}",
            type=kind,
            metavar="N",
            help=f"{words} (default: {defaults})",
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
