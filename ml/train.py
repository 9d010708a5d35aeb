"""Train an encoder on photos in category folders.

python -m ml.train --recipe report --data DIR --weights imagenet --out DIR
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml.command import (
    add_data,
    add_weights,
    command_line,
    data_folder,
    initial_weights,
    run_command,
)
from ml.dataset import PhotoFile, Photos, categories_of, load_splits, read_splits
from ml.errors import ConfigError
from ml.measure.encoder_info import make_encoder_info
from ml.measure.history import Epoch, draw_loss, write_history
from ml.recipes import (
    DEFAULT_RECIPE,
    RECIPES,
    SCRATCH,
    FashionRecipe,
    Option,
    Recipe,
    TripletRecipe,
    flag,
)

EXAMPLES = """examples:
  python -m ml.train --data ../clothing-dataset-small --out var/encoders/mine
  python -m ml.train --data DIR --weights mobilenet_v2.weights.h5 --out OUT --seed 7

DIR holds train/, validation/ and test/ with one folder of photos for each category,
or only the category folders; then a tenth is held out for validation and a tenth for
test. Photos of one product may have a folder of their own in the category folder.
OUT gets encoder.keras, encoder.onnx, encoder.json, history.csv and loss.png. Run the
same command again to resume a training of the recipe fashion that was interrupted.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(words)
    return run_command(
        "ml.train",
        lambda: run(options, command_line("ml.train", words)),
        stopped="Run the same command again to resume (recipe fashion).",
    )


def run(options: argparse.Namespace, command: str) -> None:
    info = train_folder(
        chosen_recipe(options),
        data_folder(options.data),
        options.out,
        weights=initial_weights(options),
        start=options.start,
        leave_out=tuple(options.leave_out.split(",")) if options.leave_out else (),
        views=options.views_folder,
        measure_test=options.measure_test,
        command=command,
    )
    _print_summary(info, options.out)


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
    """Train, measure and export to the folder `out`; return encoder.json's content.

    `weights` as for `ml.backbone.build_backbone`. `start` is the folder of an encoder
    of the recipe `fashion` to train further instead. The network does not see the
    categories in `leave_out`. `views` is a folder that keeps the views of the photos
    for the next training; without it they are deleted at the end.
    """
    # Errors in the data show before TensorFlow is imported, which takes seconds.
    splits = read_splits(data)
    _check_left_out(leave_out, categories_of(splits["train"]))
    if start is not None and not isinstance(recipe, FashionRecipe):
        raise ConfigError("--from needs --recipe fashion.")
    out.mkdir(parents=True, exist_ok=True)
    from ml.backend import keras

    keras.utils.set_random_seed(recipe.seed)
    names = ["train", "validation"] + ["test"] * measure_test
    photos = load_splits(splits, names, recipe.input_size)
    began, began_cpu = time.monotonic(), time.process_time()
    network, history = train_network(
        recipe, photos, leave_out, weights, start, out, views
    )
    info = {
        "training_s": round(time.monotonic() - began),
        "training_cpu_s": round(time.process_time() - began_cpu),
    }
    splits = {
        name: [file for file in files if file.category not in leave_out]
        for name, files in splits.items()
    }
    photos = {name: split.without(leave_out) for name, split in photos.items()}
    info = _export(network, recipe, data, out, splits, photos, command, info)
    write_history(out / "history.csv", history)
    draw_loss(out / "loss.png", history)
    shutil.rmtree(out / SCRATCH, ignore_errors=True)
    return info


def train_network(
    recipe: Recipe,
    photos: Mapping[str, Photos],
    leave_out: Sequence[str],
    weights: str | Path | None,
    start: Path | None,
    out: Path,
    views: Path | None,
) -> tuple[Any, list[Epoch]]:
    """Train by the recipe's own loop; return the Keras network and its history."""
    if isinstance(recipe, FashionRecipe):
        from ml.fashion.loop import fit

        return fit(recipe, photos, leave_out, weights, start, out, views)
    if not isinstance(recipe, TripletRecipe):
        raise ConfigError(f"There is no way to train the recipe {recipe.name!r}.")
    from ml.triplets.loop import fit as fit_triplets

    return fit_triplets(recipe, photos, leave_out, weights)


def _export(
    network: Any,
    recipe: Recipe,
    data: Path,
    out: Path,
    splits: Mapping[str, Sequence[PhotoFile]],
    photos: Mapping[str, Photos],
    command: str,
    seconds: dict[str, int],
) -> dict[str, Any]:
    from ml.conversion import encode_pixels, export_encoder, parity_photos

    info = make_encoder_info(
        encode=lambda pixels: encode_pixels(network, pixels),
        recipe=recipe,
        data=data,
        splits=splits,
        photos=photos,
        command=command,
    )
    return export_encoder(network, out, parity_photos(photos), info | seconds)


def _check_left_out(leave_out: Sequence[str], categories: Sequence[str]) -> None:
    if unknown := sorted(set(leave_out) - set(categories)):
        raise ConfigError(
            f"--leave-out names {', '.join(unknown)}; the photos have "
            f"{', '.join(categories)}."
        )
    if len(set(categories) - set(leave_out)) < 2:
        raise ConfigError("--leave-out must leave two categories to train on.")


def chosen_recipe(options: argparse.Namespace) -> Recipe:
    """Return the recipe with the options given on the command line."""
    recipe = RECIPES[options.recipe]
    declared = recipe.options()
    given = {
        name: getattr(options, name)
        for name in _all_options()
        if getattr(options, name) is not None
    }
    for name in given:
        if name not in declared:
            raise ConfigError(f"--recipe {recipe.name} has no option {flag(name)}.")
        if options.start is not None and declared[name].structural:
            raise ConfigError(
                f"{flag(name)} applies to a new network, but --from names one that is "
                "already built. Leave out one of the two."
            )
    recipe = dataclasses.replace(recipe, **given)
    recipe.check()
    return recipe


def _all_options() -> dict[str, Option]:
    """Return the options of every recipe by field name."""
    found: dict[str, Option] = {}
    for recipe in RECIPES.values():
        found |= recipe.options()
    return found


def _print_summary(info: dict[str, Any], out: Path) -> None:
    cpu = info["training_cpu_s"]
    print(f"\n{info['version']}: trained in {info['training_s']} s ({cpu} s of CPU)")
    for split, figures in info["metrics"].items():
        values = ", ".join(
            f"{name} {'-' if value is None else f'{value:.3f}'}"
            for name, value in figures.items()
        )
        print(f"  {split}: {values}")
    for name, distance in info["bands"]:
        print(f"  {name}: distance up to {distance:.4f}")
    print(f"  Keras against ONNX: least cosine {info['parity']['least_cosine']}")
    print(f"Written to {out}. To see more: python -m ml.evaluate --encoder {out}")


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
        help="how to train (default: %(default)s)",
    )
    add_data(parser)
    add_weights(parser)
    add("--out", type=Path, metavar="DIR", required=True, help="folder to write to")
    add(
        "--from",
        dest="start",
        type=Path,
        metavar="DIR",
        help="folder of an encoder of the recipe fashion to train further instead",
    )
    add(
        "--leave-out",
        default="",
        metavar="A,B",
        help="categories not to train on, to measure unseen kinds",
    )
    add(
        "--views-folder",
        type=Path,
        metavar="DIR",
        help="keep the views of the photos here for the next training on them "
        "(recipe fashion; 30 KB for each view)",
    )
    add(
        "--measure-test",
        action="store_true",
        help="measure the test split too; for an encoder to ship, not to choose one",
    )
    _add_recipe_options(parser)
    return parser


def _add_recipe_options(parser: argparse.ArgumentParser) -> None:
    for name, option in _all_options().items():
        defaults = {
            key: getattr(recipe, name)
            for key, recipe in RECIPES.items()
            if name in recipe.options()
        }
        listed = ", ".join(f"{key} {value:g}" for key, value in defaults.items())
        parser.add_argument(
            flag(name),
            type=type(next(iter(defaults.values()))),
            metavar="N",
            help=f"{option.help} ({option.bounds}; default: {listed})",
        )


if __name__ == "__main__":
    sys.exit(main())
