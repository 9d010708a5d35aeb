"""Train an encoder on photos in category folders.

python -m ml.train --recipe report --data DIR --weights imagenet --out DIR
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml.command import (
    command_line,
    data_folder,
    initial_weights,
    run_command,
)
from ml.dataset import PhotoFile, Photos, categories_of, load_splits, read_splits
from ml.errors import ConfigError
from ml.measure.encoder_info import make_encoder_info
from ml.measure.history import Trained, draw_loss, write_history
from ml.measure.labels import Notes
from ml.recipes import (
    SCRATCH,
    FashionRecipe,
    Recipe,
    Sources,
    TripletRecipe,
)
from ml.train_options import chosen_recipe, make_parser


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = make_parser().parse_args(words)
    return run_command(
        "ml.train",
        lambda: run(options, command_line("ml.train", words)),
        stopped="Run the same command again to resume (recipe fashion).",
    )


def run(options: argparse.Namespace, command: str) -> None:
    data = data_folder(options.data)
    sources = Sources(
        Notes.read(data, options.attributes, options.senders),
        initial_weights(options),
        options.start,
        options.finder,
        options.garment_masks,
        tuple(options.leave_out.split(",")) if options.leave_out else (),
        options.views_folder,
    )
    info = train_folder(
        chosen_recipe(options),
        sources,
        options.out,
        measure_test=options.measure_test,
        command=command,
    )
    _print_summary(info, options.out)


def train_folder(
    recipe: Recipe,
    sources: Sources,
    out: Path,
    *,
    measure_test: bool = False,
    command: str = "",
) -> dict[str, Any]:
    """Train, measure and export to the folder `out`; return encoder.json's content."""
    # Errors in the data show before TensorFlow is imported, which takes seconds.
    splits = read_splits(sources.notes.data)
    _check_left_out(sources.leave_out, categories_of(splits["train"]))
    out.mkdir(parents=True, exist_ok=True)
    from ml.backend import keras

    keras.utils.set_random_seed(recipe.seed)
    names = ["train", "validation"] + ["test"] * measure_test
    photos = load_splits(splits, names, pixels_kept(recipe))
    began, began_cpu = time.monotonic(), time.process_time()
    trained = train_network(recipe, photos, sources, out)
    seconds = {
        "training_s": round(time.monotonic() - began),
        "training_cpu_s": round(time.process_time() - began_cpu),
    }
    splits = {
        name: [file for file in files if file.category not in sources.leave_out]
        for name, files in splits.items()
    }
    photos = {name: split.without(sources.leave_out) for name, split in photos.items()}
    info = _export(trained, recipe, out, splits, photos, sources, command, seconds)
    write_history(out / "history.csv", trained.history)
    draw_loss(out / "loss.png", trained.history)
    shutil.rmtree(out / SCRATCH, ignore_errors=True)
    return info


def pixels_kept(recipe: Recipe) -> int:
    """Return the size at which a training keeps all photos decoded; 0 for none."""
    return 0 if isinstance(recipe, FashionRecipe) else recipe.input_size


def train_network(
    recipe: Recipe, photos: Mapping[str, Photos], sources: Sources, out: Path
) -> Trained:
    if isinstance(recipe, FashionRecipe):
        from ml.fashion.loop import fit

        return fit(recipe, photos, sources, out)
    if not isinstance(recipe, TripletRecipe):
        raise ConfigError(f"There is no way to train the recipe {recipe.name!r}.")
    from ml.triplets.loop import fit as fit_triplets

    return fit_triplets(recipe, photos, sources.leave_out, sources.weights)


def _export(
    trained: Trained,
    recipe: Recipe,
    out: Path,
    splits: Mapping[str, Sequence[PhotoFile]],
    photos: Mapping[str, Photos],
    sources: Sources,
    command: str,
    seconds: dict[str, int],
) -> dict[str, Any]:
    from ml.conversion import export_encoder, network_of, parity_photos

    network = network_of(trained.network)
    info = make_encoder_info(
        network=network,
        recipe=recipe,
        notes=sources.notes,
        splits=splits,
        photos=photos,
        command=command,
        known=trained.info,
    )
    some = parity_photos(photos, network.decode_side)
    return export_encoder(trained.network, out, some, info | seconds)


def _check_left_out(leave_out: Sequence[str], categories: Sequence[str]) -> None:
    if unknown := sorted(set(leave_out) - set(categories)):
        raise ConfigError(
            f"--leave-out names {', '.join(unknown)}; the photos have "
            f"{', '.join(categories)}."
        )
    if len(set(categories) - set(leave_out)) < 2:
        raise ConfigError("--leave-out must leave two categories to train on.")


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


if __name__ == "__main__":
    sys.exit(main())
