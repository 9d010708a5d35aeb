"""Turn photos into vectors with a trained network.

ONNX Runtime is the default; the Keras file of the same network runs on request.
Importing this module imports neither. Sessions of both hang when their process forks,
so load an encoder after forking.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ml.errors import UserError
from ml.preprocess import to_input

SHIPPED = Path(__file__).parent / "encoders" / "fashion"
RUNTIMES = {"onnx": "encoder.onnx", "keras": "encoder.keras"}
# Photos in a batch. On one ONNX thread a photo takes a quarter longer in a batch of 32
# than in a batch of 4, whose activations stay in the cache.
BATCHES = {"onnx": 4, "keras": 32}

COLOUR = "colour"  # the part that named colours are compared with

# (N, size, size, 3) uint8 RGB 0..255 -> (N, dimension) float32, unit length
Forward = Callable[[np.ndarray], np.ndarray]


class EncoderError(UserError):
    """The encoder's files are missing, damaged or do not fit together."""


@dataclass(frozen=True)
class Part:
    """A named slice of the vector; `weight` is its squared length, its share of the
    cosine."""

    start: int
    stop: int
    weight: float

    @property
    def numbers(self) -> slice:
        return slice(self.start, self.stop)


@dataclass(frozen=True)
class Garment:
    """Where a garment lies in a picture.

    `box` is left, top, right, bottom in shares (0..1) of the picture's sides, `share`
    the share of the picture that the garment covers. Turning the picture `turn`
    degrees (0, 90, 180 or 270) counter-clockwise puts the garment upright.
    """

    box: tuple[float, float, float, float]
    share: float
    turn: int = 0


@dataclass(frozen=True)
class Finding:
    """The garments in a picture, the largest first; none where `presence` is low.

    `presence` (0..1) is how sure the network is that there is a garment.
    """

    garments: tuple[Garment, ...]
    presence: float


WHOLE_PICTURE = Finding((Garment((0, 0, 1, 1), 1.0),), 1.0)


class Encoder:
    """A trained network with the content of its `encoder.json`.

    `parts` are the named slices of its vectors, `part_bands` the cosine distance of
    each part within which people agree, `colours` the shades of each named colour,
    (shades, length of the part `colour`) of unit length. An encoder may have none.
    """

    def __init__(
        self, folder: Path, info: dict[str, Any], forward: Forward, batch: int
    ) -> None:
        self.folder = folder
        self.info = info
        self.version: str = info["version"]
        self.dimension: int = info["dimension"]
        self.input_size: int = info["input_size"]
        # The ONNX hash names the network, whichever runtime loads it.
        self.sha256: str = info["sha256"]["onnx"]
        self.bands: list[tuple[str, float]] = [
            (str(name), float(distance)) for name, distance in info["bands"]
        ]
        self.parts = {
            str(name): Part(int(part["start"]), int(part["stop"]), part["weight"])
            for name, part in info.get("parts", {}).items()
        }
        self.part_bands: dict[str, float] = info.get("part_bands", {})
        self.colours = {
            str(name).replace("-", " "): np.asarray(shades, np.float32)
            for name, shades in info.get("colours", {}).items()
        }
        self._forward = forward
        self._batch = batch

    @classmethod
    def load(cls, path: Path = SHIPPED, runtime: str = "onnx") -> Encoder:
        """Check the files in the folder `path` and load the network.

        Raises EncoderError, naming the file and the fix.
        """
        folder = Path(path)
        if runtime not in RUNTIMES:
            known = " or ".join(RUNTIMES)
            raise EncoderError(f"Unknown encoder runtime {runtime!r}: use {known}.")
        info = _read_info(folder / "encoder.json")
        file = folder / RUNTIMES[runtime]
        _check_hash(file, info["sha256"][runtime])
        open_network = open_onnx if runtime == "onnx" else open_keras
        try:
            forward = open_network(file)
        except ImportError as error:
            raise EncoderError(
                f"The {runtime} runtime needs the package {error.name!r}: "
                "install requirements-dev.txt, or use the onnx runtime."
            ) from error
        encoder = cls(folder, info, forward, BATCHES[runtime])
        encoder._check_parts()
        return encoder

    @property
    def decode_side(self) -> int:
        """Return the `max_side` that `read_photo` needs for this network, in pixels.

        Twice the input size: resizing to the input drops any detail beyond that.
        """
        return 2 * self.input_size

    def find(self, image: Image.Image) -> Finding:
        """Return the garments in the picture: without a finder, one that fills it."""
        return WHOLE_PICTURE

    def encode(
        self, images: list[Image.Image], garments: Sequence[Garment] | None = None
    ) -> np.ndarray:
        """Return (N, dimension) float32 vectors, each of unit length.

        Give the garment to encode in each image, or the largest one is looked for.
        """
        vectors = np.empty((len(images), self.dimension), dtype=np.float32)
        for start in range(0, len(images), self._batch):
            batch = images[start : start + self._batch]
            pixels = np.stack([to_input(image, self.input_size) for image in batch])
            vectors[start : start + len(batch)] = self._forward(pixels)
        return vectors

    def _check_parts(self) -> None:
        """Raise EncoderError unless the parts make up the vector, and colours fit."""
        stop, weight = 0, 0.0
        for part in sorted(self.parts.values(), key=lambda part: part.start):
            if part.start != stop or part.stop <= stop or not part.weight > 0:
                break
            stop, weight = part.stop, weight + part.weight
        whole = stop == self.dimension and abs(weight - 1) < 1e-3
        colour = self.parts.get(COLOUR)
        length = colour.stop - colour.start if colour else 0
        fitting = all(
            shades.ndim == 2
            and shades.shape[1] == length > 0
            and np.allclose(np.linalg.norm(shades, axis=1), 1, atol=1e-3)
            for shades in self.colours.values()
        )
        if (
            (self.parts and not whole)
            or not fitting
            or self.part_bands.keys() - (self.parts.keys())
        ):
            raise EncoderError(
                f"{self.folder / 'encoder.json'}: the parts, their bands or the colours"
                f" do not fit the vector of {self.dimension} numbers. {_FIX}"
            )

    def band(self, distance: float) -> str | None:
        for name, limit in self.bands:
            if distance <= limit:
                return name
        return None


def _read_info(file: Path) -> dict[str, Any]:
    try:
        info = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EncoderError(_missing(file)) from None
    except (OSError, ValueError) as error:
        raise EncoderError(f"{file} cannot be read: {error}. {_FIX}") from error
    wanted = {"version", "dimension", "input_size", "sha256", "bands"}
    if missing := wanted - set(info if isinstance(info, dict) else ()):
        raise EncoderError(f"{file} lacks {', '.join(sorted(missing))}. {_FIX}")
    return info


def _check_hash(file: Path, expected: str) -> None:
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise EncoderError(_missing(file)) from None
    if found != expected:
        raise EncoderError(
            f"{file} is damaged or from another training: its sha256 is {found}, "
            f"encoder.json names {expected}. {_FIX}"
        )


_FIX = (
    "Get the folder again (git checkout of ml/encoders) or train one: "
    "python -m ml.train --help"
)


def _missing(file: Path) -> str:
    return f"{file} does not exist. {_FIX}"


def open_onnx(file: Path) -> Forward:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # The shop scales by processes; more threads would compete for the same cores.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(file), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    return lambda pixels: session.run(None, {name: pixels})[0]


def open_keras(file: Path) -> Forward:
    import keras
    import tensorflow as tf

    model = keras.saving.load_model(file, compile=False)
    # Traced once for batches of any size: six times faster than an eager call.
    signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
    call = tf.function(
        lambda pixels: model(pixels, training=False), input_signature=[signature]
    )
    return lambda pixels: call(pixels).numpy()
