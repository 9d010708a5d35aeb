"""Export a Keras encoder: write its ONNX file, figures and bands.

python -m ml.export --keras encoder.keras --data DIR --out DIR
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.command import add_data, command_line, data_folder, run_command
from ml.dataset import load_splits, read_splits
from ml.errors import UserError
from ml.measure.encoder_info import make_encoder_info
from ml.measure.labels import Notes
from ml.recipes import Recipe
from ml.serving.networks import DECODED

PARTS = ("parts", "names", "part_bands", "colours")  # of encoder.json


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(words)
    return run_command(
        "ml.export", lambda: run(options, command_line("ml.export", words))
    )


def run(options: argparse.Namespace, command: str) -> None:
    data = data_folder(options.data)
    splits = read_splits(data)
    if not options.keras.is_file():
        raise UserError(f"There is no Keras file {options.keras}.")
    # Errors in the arguments show before TensorFlow is imported, which takes seconds.
    from ml.conversion import (
        export_encoder,
        file_hash,
        load_keras,
        network_of,
        parity_photos,
    )

    encoder = load_keras(options.keras)
    network = network_of(encoder)
    recipe = Recipe(
        name=options.name,
        input_size=network.decode_side // DECODED,
        dimension=network.dimension,
    )
    photos = load_splits(splits, ["train", "validation"], 0)
    info = make_encoder_info(
        network=network,
        recipe=recipe,
        notes=Notes(data),
        splits=splits,
        photos=photos,
        command=command,
        known=_known_parts(options.keras, file_hash(options.keras)),
    )
    # The file does not say how the network was trained.
    known = ("name", "input_size", "dimension")
    info["recipe"] = {key: dataclasses.asdict(recipe)[key] for key in known}
    some = parity_photos(photos, network.decode_side)
    info = export_encoder(encoder, options.out, some, info)
    cosine = f"Keras against ONNX: least cosine {info['parity']['least_cosine']}"
    print(f"{info['version']} written to {options.out}; {cosine}")


def _known_parts(file: Path, sha256: str) -> dict[str, Any]:
    """Return what the encoder.json beside a network says of the parts of its vector."""
    beside = file.with_name("encoder.json")
    if not beside.is_file():
        return {}
    info = json.loads(beside.read_text())
    if info["sha256"]["keras"] != sha256:
        return {}
    return {key: info[key] for key in PARTS if key in info}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.export",
        description="Export a Keras encoder (uint8 RGB photos in, vectors of unit "
        "length out) to a folder the shop can serve from. The photos of the data "
        "folder are used to measure it, to calibrate its bands and to check that "
        "Keras and ONNX agree.",
    )
    add = parser.add_argument
    add("--keras", type=Path, metavar="FILE", required=True, help="the Keras network")
    add_data(parser)
    add("--out", type=Path, metavar="DIR", required=True, help="folder to write to")
    add("--name", default="encoder", help="first part of the version")
    return parser


if __name__ == "__main__":
    sys.exit(main())
