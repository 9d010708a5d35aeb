"""The command line of `ml.train`: one option for each field of a recipe, and more."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from ml.command import add_data, add_notes, add_recipe, add_weights
from ml.errors import ConfigError
from ml.recipes import RECIPES, FashionRecipe, Option, Recipe, flag

EXAMPLES = """examples:
  python -m ml.train --data ../clothing-dataset-small --out var/encoders/mine
  python -m ml.train --data DIR --weights mobilenet_v2.weights.h5 --out OUT --seed 7

DIR holds train/, validation/ and test/ with one folder of photos for each category,
or only the category folders; then a tenth is held out for validation and a tenth for
test. Photos of one product may have a folder of their own in the category folder.
OUT gets encoder.keras, encoder.onnx, encoder.json, history.csv and loss.png. Run the
same command again to resume a training of the recipe fashion that was interrupted.
"""


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.train",
        description="Train an encoder on photos in category folders.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_recipe(parser)
    add_data(parser)
    add_notes(parser)
    add_weights(parser)
    add = parser.add_argument
    add("--out", type=Path, metavar="DIR", required=True, help="folder to write to")
    _add_start(parser)
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
        "(recipe fashion; 13 KB for each view)",
    )
    add(
        "--measure-test",
        action="store_true",
        help="measure the test split too; for an encoder to ship, not to choose one",
    )
    _add_recipe_options(parser)
    return parser


def _add_start(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--from",
        dest="start",
        type=Path,
        metavar="DIR",
        help="folder of an encoder of the recipe fashion to train further instead",
    )
    add(
        "--finder",
        type=Path,
        metavar="DIR",
        help="folder of the encoder whose finder is taken (recipe fashion; default: "
        "that of --from, or the one that comes with the project)",
    )
    add(
        "--garment-masks",
        type=Path,
        metavar="DIR",
        help="crop by these until the network is tuned, and train a finder on them "
        "unless --finder names one: a grey PNG for each photo of DIR/train, at the "
        "photo's path, white on the garment (recipe fashion)",
    )


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


def chosen_recipe(options: argparse.Namespace) -> Recipe:
    """Return the recipe with the options given on the command line."""
    recipe = RECIPES[options.recipe]
    declared = recipe.options()
    for name, value in _fashion_only(options).items():
        if value is not None and not isinstance(recipe, FashionRecipe):
            raise ConfigError(f"{name} needs --recipe fashion.")
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


def _fashion_only(options: argparse.Namespace) -> dict[str, Path | None]:
    return {
        "--from": options.start,
        "--finder": options.finder,
        "--garment-masks": options.garment_masks,
        "--views-folder": options.views_folder,
    }


def _all_options() -> dict[str, Option]:
    """Return the options of every recipe by field name."""
    found: dict[str, Option] = {}
    for recipe in RECIPES.values():
        found |= recipe.options()
    return found
