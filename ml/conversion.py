"""Convert a Keras network to the files the shop serves, and compare their vectors."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tf2onnx
from PIL import Image

from ml.backend import keras, tf
from ml.dataset import Photos
from ml.encoder import RUNTIMES
from ml.errors import UserError
from ml.preprocess import read_photo
from ml.serving.networks import (
    GarmentNetwork,
    Network,
    PhotoNetwork,
    garment_parts,
    open_network,
)

OPSET = 18
LEAST_COSINE = 0.9999
PARITY_PHOTOS = 128
ENCODE_BATCH = 64
LEAST_HALVED = 2_000  # numbers of a weight that is kept as float16


class ExportError(UserError):
    """The exported network is not the trained one."""


def export_encoder(
    encoder: keras.Model,
    out: Path,
    photos: Sequence[Image.Image],
    info: dict[str, Any],
) -> dict[str, Any]:
    """Write encoder.keras, encoder.onnx and encoder.json to the folder `out`.

    Compare Keras and ONNX on `photos`. Raises ExportError and leaves `out` unchanged
    when they disagree. `info` goes into encoder.json. Return the content of
    encoder.json.
    """
    if not photos:
        raise ExportError("There are no photos to compare Keras and ONNX on.")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".export-") as folder:
        files = {runtime: Path(folder) / name for runtime, name in RUNTIMES.items()}
        encoder.save(files["keras"])
        for halved in (True, False):
            convert_to_onnx(encoder, files["onnx"], halved)
            # Compare the files, because those are served.
            cosine = _compare(encoder, files, photos)
            if cosine >= LEAST_COSINE:
                break
        else:
            raise ExportError(
                f"Keras and ONNX disagree: on {len(photos)} photos the least cosine "
                f"is {cosine:.6f}, below {LEAST_COSINE}. Nothing was written."
            )
        hashes = {runtime: file_hash(file) for runtime, file in files.items()}
        parity = {"photos": len(photos), "least_cosine": round(cosine, 7)}
        complete = _describe(encoder, info, hashes, parity)
        description = Path(folder) / "encoder.json"
        description.write_text(
            json.dumps(complete, indent=2, ensure_ascii=False) + "\n"
        )
        for file in (*files.values(), description):
            file.replace(out / file.name)
    return complete


def _compare(
    encoder: keras.Model, files: Mapping[str, Path], photos: Sequence[Image.Image]
) -> float:
    sizes = _sizes(encoder)
    ours, theirs = (open_network(files[name], name, *sizes) for name in RUNTIMES)
    if isinstance(ours, GarmentNetwork) and isinstance(theirs, GarmentNetwork):
        # The same crops: one turned otherwise would hide what the networks differ in.
        inputs = theirs.crops(list(photos))
        return least_cosine(ours.embed(*inputs), theirs.embed(*inputs))
    return least_cosine(ours.encode(list(photos)), theirs.encode(list(photos)))


def network_of(encoder: keras.Model) -> Network:
    """Return a Keras network as the rest of `ml` uses it."""
    size, dimension, finder_size = _sizes(encoder)
    if finder_size is None:
        return PhotoNetwork(lambda x: encode_pixels(encoder, x), size, dimension)
    finder, embed = garment_parts(encoder)
    return GarmentNetwork(finder, embed, finder_size, size, dimension)


def _sizes(encoder: keras.Model) -> tuple[int, int, int | None]:
    """Return the sides of the input, the dimension and the sides of the finder."""
    seen = encoder.input
    if isinstance(seen, dict):
        dimension = encoder.output[-1].shape[1]
        return seen["crop"].shape[1], dimension, seen["image"].shape[1]
    return seen.shape[1], encoder.output.shape[1], None


def parity_photos(photos: Mapping[str, Photos], side: int) -> list[Image.Image]:
    """Return photos, from validation if it has any."""
    chosen = photos["validation"] if len(photos["validation"]) else photos["train"]
    return [read_photo(path, max_side=side) for path in chosen.paths[:PARITY_PHOTOS]]


def load_keras(file: Path) -> keras.Model:
    try:
        model = keras.saving.load_model(file, compile=False)
    except Exception as error:  # Keras raises all kinds for a file it cannot read
        raise ExportError(f"{file} is not a Keras network: {error}") from error
    if isinstance(model.input, dict) or model.name == "finder":
        return model
    if len(model.input_shape) != 4 or len(model.output_shape) != 2:
        raise ExportError(
            f"{file} is not an encoder: it takes {model.input_shape} and gives "
            f"{model.output_shape} instead of (N, size, size, 3) and (N, dimension)."
        )
    return model


def encode_pixels(encoder: keras.Model, pixels: np.ndarray) -> np.ndarray:
    """Return (N, dimension) float32 unit vectors of (N, size, size, 3) uint8."""
    return encoder.predict(pixels, batch_size=ENCODE_BATCH, verbose=0)


def convert_to_onnx(model: keras.Model, file: Path, halved: bool = False) -> None:
    """Write a model with uint8 inputs; `halved` keeps its large weights as float16.

    ONNX Runtime makes float32 of those again when it opens the file.
    """
    inputs = model.input if isinstance(model.input, dict) else {"image": model.input}
    signature = [  # None: the batch axis has no fixed size
        tf.TensorSpec((None, *value.shape[1:]), tf.uint8, name=name)
        for name, value in inputs.items()
    ]

    def call(*values: tf.Tensor) -> Any:
        named = dict(zip(inputs, values, strict=True))
        given = named if isinstance(model.input, dict) else values[0]
        found = model(given, training=False)
        return found if isinstance(found, tf.Tensor) else tuple(found)

    converted, _ = tf2onnx.convert.from_function(
        tf.function(call, autograph=False), input_signature=signature, opset=OPSET
    )
    onnx.save(_half(converted) if halved else converted, file)


def _half(model: onnx.ModelProto) -> onnx.ModelProto:
    graph = model.graph
    for weight in list(graph.initializer):
        values = onnx.numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < LEAST_HALVED:
            continue
        if not np.abs(values).max() < np.finfo(np.float16).max:
            continue
        name = f"{weight.name}_half"
        half = onnx.numpy_helper.from_array(values.astype(np.float16), name)
        cast = onnx.helper.make_node(
            "Cast", [name], [weight.name], to=onnx.TensorProto.FLOAT
        )
        graph.initializer.remove(weight)
        graph.initializer.append(half)
        graph.node.insert(0, cast)
    return model


def least_cosine(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the least cosine of rows at the same index; nan if any is not finite."""
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return float(((ours * theirs).sum(axis=1) / lengths).min())


def _describe(
    encoder: keras.Model,
    info: dict[str, Any],
    hashes: dict[str, str],
    parity: dict[str, Any],
) -> dict[str, Any]:
    size, dimension, finder_size = _sizes(encoder)
    seen = "the whole photo" if finder_size is None else "the garment's crop"
    name = info.get("recipe", {}).get("name", "encoder")
    return {
        "version": f"{name}-{hashes['onnx'][:8]}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "input_size": size,
        "dimension": dimension,
        **({} if finder_size is None else {"finder_size": finder_size}),
        "preprocessing": (
            f"upright sRGB, transparency on white; {seen} resized to "
            f"{size} x {size} with antialiasing (Pillow, bilinear); uint8 RGB "
            "0..255. Scaling to -1..1 and the L2 norm are inside the network."
        ),
        "sha256": hashes,
        # File hashes differ between equal networks: tf2onnx orders its nodes by
        # chance and zip files hold times. Equal weights have equal hashes.
        "weights_sha256": weights_hash(encoder),
        "parity": parity,
        **info,
        "libraries": {
            package: version(package)
            for package in ("keras", "tensorflow", "tf2onnx", "onnx", "pillow")
        },
    }


def weights_hash(encoder: keras.Model) -> str:
    return hashlib.sha256(
        b"".join(w.tobytes() for w in encoder.get_weights())
    ).hexdigest()


def file_hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
