"""Write an encoder again with other weights of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ml.conversion import export_encoder, network_of, parity_photos
from ml.dataset import load_splits, read_splits
from ml.encoder import RUNTIMES, Encoder
from ml.fashion.network import join, open_parts
from ml.fashion.readout import build_readout
from ml.measure.encoder_info import make_encoder_info
from ml.measure.labels import Notes
from ml.recipes import FashionRecipe


def write_weighed(
    encoder: Encoder,
    weights: Mapping[str, float],
    notes: Notes,
    out: Path,
    command: str,
) -> str:
    """Write the encoder with other weights of its parts; return its version."""
    info = encoder.info
    shares = {f"{name}_weight": weight for name, weight in weights.items()}
    recipe = FashionRecipe(**{**info["recipe"], **shares})
    parts, before = open_parts(encoder.folder / RUNTIMES["keras"], recipe)
    readout, _, described = build_readout(parts, recipe)
    for name in described:
        axes = before.get_layer(f"{name}_axes").get_weights()
        readout.get_layer(f"{name}_axes").set_weights(axes)
    joined = join(parts, readout)
    network = network_of(joined)
    splits = read_splits(notes.data)
    photos = load_splits(splits, list(info["metrics"]), 0)
    found = make_encoder_info(
        network=network,
        recipe=recipe,
        notes=notes,
        splits=splits,
        photos=photos,
        command=info["command"],
        known={"parts": described, "names": info["names"]},
    )
    found |= {key: info[key] for key in ("training_s", "training_cpu_s")}
    found["weighed_by"] = command
    some = parity_photos(photos, network.decode_side)
    return export_encoder(joined, out, some, found)["version"]
