"""Convert a Keras network to the files the shop serves, and compare their vectors."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tf2onnx

from ml.backend import keras, tf
from ml.dataset import Photos
from ml.encoder import RUNTIMES, open_keras, open_onnx
from ml.errors import UserError

OPSET = 18
LEAST_COSINE = 0.9999
PARITY_PHOTOS = 128
ENCODE_BATCH = 64


class ExportError(UserError):
    """The exported network is not the trained one."""


def export_encoder(
    encoder: keras.Model, out: Path, pixels: np.ndarray, info: dict[str, Any]
) -> dict[str, Any]:
    """Write encoder.keras, encoder.onnx and encoder.json to the folder `out`.

    Compare Keras and ONNX on `pixels`, (N, size, size, 3) uint8 of real photos.
    Raises ExportError and leaves `out` unchanged when they disagree. `info` goes
    into encoder.json. Return the content of encoder.json.
    """
    if not len(pixels):
        raise ExportError("There are no photos to compare Keras and ONNX on.")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".export-") as folder:
        files = {runtime: Path(folder) / name for runtime, name in RUNTIMES.items()}
        encoder.save(files["keras"])
        convert_to_onnx(encoder, files["onnx"])
        # Compare the files, because those are served.
        cosine = least_cosine(
            open_keras(files["keras"])(pixels), open_onnx(files["onnx"])(pixels)
        )
        if not cosine >= LEAST_COSINE:
            raise ExportError(
                f"Keras and ONNX disagree: on {len(pixels)} photos the least cosine "
                f"is {cosine:.6f}, below {LEAST_COSINE}. Nothing was written."
            )
        hashes = {runtime: _sha256(file) for runtime, file in files.items()}
        parity = {"photos": len(pixels), "least_cosine": round(cosine, 7)}
        complete = _describe(encoder, info, hashes, parity)
        description = Path(folder) / "encoder.json"
        description.write_text(
            json.dumps(complete, indent=2, ensure_ascii=False) + "\n"
        )
        for file in (*files.values(), description):
            file.replace(out / file.name)
    return complete


def parity_photos(photos: Mapping[str, Photos]) -> np.ndarray:
    """Return (N, size, size, 3) uint8 photos, from validation if it has any."""
    chosen = photos["validation"] if len(photos["validation"]) else photos["train"]
    return chosen.pixels[:PARITY_PHOTOS]


def load_keras(file: Path) -> keras.Model:
    try:
        model = keras.saving.load_model(file, compile=False)
    except Exception as error:  # Keras raises all kinds for a file it cannot read
        raise ExportError(f"{file} is not a Keras network: {error}") from error
    if len(model.input_shape) != 4 or len(model.output_shape) != 2:
        raise ExportError(
            f"{file} is not an encoder: it takes {model.input_shape} and gives "
            f"{model.output_shape} instead of (N, size, size, 3) and (N, dimension)."
        )
    return model


def encode_pixels(encoder: keras.Model, pixels: np.ndarray) -> np.ndarray:
    """Return (N, dimension) float32 unit vectors of (N, size, size, 3) uint8."""
    return encoder.predict(pixels, batch_size=ENCODE_BATCH, verbose=0)


def convert_to_onnx(encoder: keras.Model, file: Path) -> None:
    # None: the batch axis has no fixed size.
    signature = [
        tf.TensorSpec((None, *encoder.input_shape[1:]), tf.uint8, name="image")
    ]
    function = tf.function(
        lambda image: encoder(image, training=False), autograph=False
    )
    tf2onnx.convert.from_function(
        function, input_signature=signature, opset=OPSET, output_path=str(file)
    )


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
    size = encoder.input_shape[1]
    name = info.get("recipe", {}).get("name", "encoder")
    return {
        "version": f"{name}-{hashes['onnx'][:8]}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "input_size": size,
        "dimension": encoder.output_shape[1],
        "preprocessing": (
            "upright sRGB, transparency on white; the whole photo resized to "
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


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
