"""How well kinds of garment that were never trained on stay apart.

python -m ml.kinds --data DIR --weights FILE [--pairs N] [--out DIR] [--json]

For each of five pairs the recipe is trained without the two kinds. Then each photo of
them in the split asked searches among their train photos, none of which the network
has seen: is the closest of its kind? Beside it, in the same run, the same photos
through MobileNetV2 with its ImageNet weights alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.dataset import SPLITS, PhotoFile, categories_of, read_splits
from ml.errors import ConfigError, UserError
from ml.measure import metrics
from ml.measure.gallery import EmbeddedSplit, PhotoEncoder, embed
from ml.measure.tables import kinds_table
from ml.measure.unseen_kinds import LeaveOutTrainer, untrained
from ml.recipes import (
    DATA_VARIABLE,
    DEFAULT_RECIPE,
    RECIPES,
    Recipe,
    data_folder,
    var_folder,
)

# Each of the ten kinds once, in the pairs that untrained features at 224 confuse most
# on train and validation photos (leave-one-out recall@1 .899 on average; a pairing of
# middling difficulty has .960, which leaves nothing to show). Chosen before anything
# was trained, on photos that are not asked with.
PAIRS = (
    ("dress", "t-shirt"),
    ("hat", "shoes"),
    ("longsleeve", "shirt"),
    ("outwear", "pants"),
    ("shorts", "skirt"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        figures = run(options)
    except KeyboardInterrupt:
        print("\nml.kinds: stopped; run it again to go on.", file=sys.stderr)
        return 130
    except (UserError, OSError) as error:
        print(f"ml.kinds: {error}", file=sys.stderr)
        return 1
    print(f"\n{kinds_table(figures)}\n\nwritten to {options.out}")
    if options.json:
        print(json.dumps(figures))
    return 0


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Train each pair's network that is not there yet, measure, write, return."""
    splits = read_splits(data_folder(options.data))
    pairs = chosen_pairs(options, categories_of(splits["train"]))
    for pair in pairs:
        if not any(item.category in pair for item in splits[options.split]):
            raise ConfigError(f"No {options.split} photo is of {' or '.join(pair)}.")
    options.out.mkdir(parents=True, exist_ok=True)
    names = SPLITS[: SPLITS.index(options.split) + 1]
    asked = {name: splits[name] for name in names}
    weights = None if options.weights == "none" else options.weights
    baseline, trainer = (
        untrained(weights),
        LeaveOutTrainer(
            recipe_of(options),
            data_folder(options.data),
            weights,
            options.out,
            options.views_folder or options.out / "views",
        ),
    )
    rows = []
    for pair in pairs:
        photos = {
            name: [item for item in items if item.category in pair]
            for name, items in asked.items()
        }
        found = measure(baseline, photos, pair, options.split)
        row = {
            "kinds": list(pair),
            **{key: found[key] for key in ("queries", "gallery", "photos")},
            "untrained": found["recall"],
        }
        if options.trained:
            network = trainer.without(pair)
            row["trained"] = measure(network, photos, pair, options.split)["recall"]
        rows.append(row)
    figures = {
        "split": options.split,
        "recipe": options.recipe,
        "steps": options.steps,
        "pairs": rows,
    }
    figures |= {"mean": means(rows)}
    (options.out / "kinds.json").write_text(json.dumps(figures, indent=2) + "\n")
    return figures


def recipe_of(options: argparse.Namespace) -> Recipe:
    recipe = RECIPES[options.recipe]
    if options.steps is None:
        return recipe
    return dataclasses.replace(recipe, steps=options.steps)


def chosen_pairs(
    options: argparse.Namespace, categories: Sequence[str]
) -> list[tuple[str, str]]:
    """The first so many pairs. Raises ConfigError where the data lacks their kinds."""
    pairs = list(PAIRS[: options.pairs])
    if options.pair:
        pairs = [pair_of(text) for text in options.pair]
    wanted = {kind for pair in pairs for kind in pair}
    if missing := sorted(wanted - set(categories)):
        raise ConfigError(
            f"The photos have no {', '.join(missing)}. Name pairs of their own kinds: "
            "--pair A,B (again for each pair)."
        )
    for pair in pairs:
        if len(set(categories) - set(pair)) < 2:
            raise ConfigError(
                f"Without {' and '.join(pair)} fewer than two categories are left to "
                "train on."
            )
    return pairs


def pair_of(text: str) -> tuple[str, str]:
    kinds = [kind.strip() for kind in text.split(",")]
    if len(kinds) != 2 or kinds[0] == kinds[1] or not all(kinds):
        raise ConfigError(f"--pair takes two kinds, such as hat,shoes; not {text!r}.")
    return kinds[0], kinds[1]


def measure(
    network: PhotoEncoder,
    photos: dict[str, list[PhotoFile]],
    pair: tuple[str, str],
    split: str,
) -> dict[str, Any]:
    """Recall@1 among the photos of a pair: of the split asked, and of all in turn."""
    words = " and ".join(pair)
    embedded = {
        name: embed(network, items, pair, f"{words}, {name}")
        for name, items in photos.items()
    }
    train, asked = embedded["train"], embedded[split]
    relevant = metrics.relevance(
        asked.vectors, asked.labels, train.vectors, train.labels
    )
    return {
        "queries": len(asked),
        "gallery": len(train),
        "photos": sum(len(each) for each in embedded.values()),
        "recall": {
            "split": metrics.recall_at(1, relevant),
            "each_among_all": _each_among_all(list(embedded.values())),
        },
    }


def _each_among_all(splits: list[EmbeddedSplit]) -> float:
    vectors = np.concatenate([split.vectors for split in splits])
    labels = np.concatenate([split.labels for split in splits])
    return metrics.recall_at(1, metrics.relevance_of_others(vectors, labels))


def means(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Over the pairs, every pair of the same weight; points: trained - untrained."""
    found: dict[str, Any] = {
        name: {
            key: float(np.mean([row[name][key] for row in rows]))
            for key in rows[0][name]
        }
        for name in ("untrained", "trained")
        if name in rows[0]
    }
    if "trained" in found:
        found["points"] = {
            key: 100 * (found["trained"][key] - found["untrained"][key])
            for key in found["trained"]
        }
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.kinds",
        description="Train without two kinds of garment, five times, and see whether "
        "photos of those kinds stay apart; beside it ImageNet features, untrained.",
        epilog="Run again after an interruption: finished networks under OUT stay.",
    )
    add = parser.add_argument
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
        help="where MobileNetV2 starts (default: imagenet)",
    )
    add(
        "--recipe",
        choices=sorted(RECIPES),
        default=DEFAULT_RECIPE,
        help="what is trained (default: %(default)s)",
    )
    add("--steps", type=_positive, metavar="N", help="of an epoch, not the recipe's")
    add(
        "--views-folder",
        type=Path,
        metavar="DIR",
        help="where trainings keep the views of the photos (default: OUT/views)",
    )
    add(
        "--pairs",
        type=int,
        choices=range(1, len(PAIRS) + 1),
        default=len(PAIRS),
        help=f"the first so many (default: {len(PAIRS)})",
    )
    add("--pair", action="append", metavar="A,B", help="another pair instead")
    add(
        "--split",
        choices=("validation", "test"),
        default="test",
        help="the photos to ask with (default: test)",
    )
    add(
        "--untrained-only",
        dest="trained",
        action="store_false",
        help="train nothing: what ImageNet features alone reach",
    )
    out = var_folder() / "kinds"
    add("--out", type=Path, metavar="DIR", default=out, help=f"default: {out}")
    add("--json", action="store_true", help="end with one JSON object")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
