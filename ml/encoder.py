"""Turn photos into vectors with a trained network.

ONNX Runtime is the default; the Keras file of the same network runs on request.
Importing this module imports neither. Sessions of both hang when their process forks,
so load an encoder after forking.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ml.errors import UserError
from ml.serving.attributes import (
    Attributes,
    lengthen_rows,
    looks_of,
    shorten_rows,
)
from ml.serving.garments import WHOLE_PICTURE, Finding, Garment
from ml.serving.networks import Network, Seen, open_network

__all__ = [
    "WHOLE_PICTURE",
    "Attributes",
    "Encoder",
    "EncoderError",
    "Finding",
    "Garment",
    "Part",
    "lengthen_rows",
    "looks_of",
    "shorten_rows",
]

SHIPPED = Path(__file__).parent / "encoders" / "fashion"
RUNTIMES = {"onnx": "encoder.onnx", "keras": "encoder.keras"}
COLOUR = "colour"  # the part that named colours are compared with


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


class Encoder:
    """A trained network with the content of its `encoder.json`.

    `parts` are the named slices of its vectors, `part_bands` the cosine distance of
    each part within which people agree, `colours` the shades of each named colour,
    (shades, length of the part `colour`) of unit length. An encoder may have none.
    """

    def __init__(self, folder: Path, info: dict[str, Any], network: Network) -> None:
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
        # Fitted afterwards by `ml.attributes`; None for an encoder without.
        self.attributes = Attributes.load(folder, self.sha256)
        self._network = network

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
        sizes = (info["input_size"], info["dimension"], info.get("finder_size"))
        try:
            network = open_network(file, runtime, *sizes)
        except ImportError as error:
            raise EncoderError(
                f"The {runtime} runtime needs the package {error.name!r}: "
                "install requirements-dev.txt, or use the onnx runtime."
            ) from error
        encoder = cls(folder, info, network)
        encoder._check_parts()
        return encoder

    @property
    def decode_side(self) -> int:
        """Return the `max_side` that `read_photo` needs for this network, in pixels."""
        return self._network.decode_side

    def find(self, image: Image.Image) -> Finding:
        """Return the garments in the picture: without a finder, one that fills it."""
        return self._network.find(image)

    def encode(self, images: list[Image.Image]) -> np.ndarray:
        """Return (N, dimension) float32 vectors, each of unit length.

        All garments in an image are encoded together; see `encode_garments`.
        """
        return self._network.encode(images)

    def encode_garments(self, image: Image.Image) -> tuple[Finding, np.ndarray]:
        """Return the garments in a picture and their vectors, (G, dimension) float32.

        The finder looks once, where `find` and `encode` would look twice.
        """
        return self._network.encode_garments(image)

    def encode_seen(self, images: list[Image.Image]) -> Seen:
        """Return vectors with the crops and masks that they are read off.

        The finder looks once; of one picture at least.
        """
        return self._network.encode_seen(images)

    def colour_distances(self, vectors: np.ndarray) -> dict[str, np.ndarray]:
        """Return how far the colour of each vector is from each named colour.

        (N,) cosine distances by name; nothing where the encoder names no colours.
        """
        part = self.parts.get(COLOUR)
        if part is None:
            return {}
        seen = vectors[:, part.numbers] / np.sqrt(part.weight)
        return {
            name: 1 - (seen @ shades.T).max(axis=1)
            for name, shades in self.colours.items()
        }

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
