"""Export a Keras encoder again: new ONNX file, figures and bands.

python -m ml.export --keras encoder.keras --data DIR --out DIR
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.dataset import load_splits, read_splits
from ml.errors import UserError
from ml.measure.encoder_info import command_line, make_encoder_info
from ml.recipes import DATA_VARIABLE, Recipe, data_folder


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(words)
    try:
        card = run(options, command_line("ml.export", words))
    except (UserError, OSError) as error:
        print(f"ml.export: {error}", file=sys.stderr)
        return 1
    print(
        f"{card['version']} written to {options.out}; Keras against ONNX: least "
        f"cosine {card['parity']['least_cosine']}"
    )
    return 0


def run(options: argparse.Namespace, command: str) -> dict[str, Any]:
    data = data_folder(options.data)
    splits = read_splits(data)
    if not options.keras.is_file():
        raise UserError(f"There is no Keras file {options.keras}.")
    # After the arguments and the data have been looked at: TensorFlow takes seconds.
    from ml.conversion import (
        encode_pixels,
        export_encoder,
        load_keras,
        parity_photos,
    )

    encoder = load_keras(options.keras)
    recipe = Recipe(
        name=options.name,
        input_size=encoder.input_shape[1],
        dimension=encoder.output_shape[1],
    )
    photos = load_splits(splits, ["train", "validation"], recipe.input_size)
    card = make_encoder_info(
        encode=lambda pixels: encode_pixels(encoder, pixels),
        recipe=recipe,
        data=data,
        splits=splits,
        photos=photos,
        command=command,
    )
    # How it was trained is not known here, only what it is.
    known = ("name", "input_size", "dimension")
    card["recipe"] = {key: dataclasses.asdict(recipe)[key] for key in known}
    return export_encoder(encoder, options.out, parity_photos(photos), card)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.export",
        description="Export a Keras encoder (uint8 RGB photos in, vectors of unit "
        "length out) to a folder the shop can serve from. Refuses when Keras and "
        "ONNX disagree on photos of the data folder.",
    )
    add = parser.add_argument
    add("--keras", type=Path, metavar="FILE", required=True, help="the network")
    add(
        "--data",
        type=Path,
        metavar="DIR",
        help=f"folder of photos to compare, measure and calibrate on (default: the "
        f"variable {DATA_VARIABLE})",
    )
    add("--out", type=Path, metavar="DIR", required=True, help="folder to write to")
    add("--name", default="encoder", help="first part of the version")
    return parser


if __name__ == "__main__":
    sys.exit(main())
