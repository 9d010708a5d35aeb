"""Networks that turn photos into vectors: of the whole photo, or of its garment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from ml.preprocess import to_input
from ml.serving.garments import (
    MASK_SCALE,
    WHOLE_PICTURE,
    Finding,
    Look,
    Sight,
    crop,
    finding_of,
    is_present,
    look,
    only,
)

# (N, size, size, 3) uint8 RGB 0..255 -> (N, dimension) float32, unit length
Forward = Callable[[np.ndarray], np.ndarray]
# The same for crops with the masks that belong to them, (N, size / 4, size / 4) uint8.
Embed = Callable[[np.ndarray, np.ndarray], np.ndarray]

# Photos in a batch. On one ONNX thread a photo takes a quarter longer in a batch of 32
# than in a batch of 4, whose activations stay in the cache.
BATCHES = {"onnx": 4, "keras": 32}


# Photos are decoded at this many times the input: resizing drops any detail beyond it.
DECODED = 2


@dataclass(frozen=True)
class Seen:
    """What a network sees in N pictures."""

    vectors: np.ndarray  # (N, dimension) float32, unit length
    pixels: np.ndarray  # (N, size, size, 3) uint8: its input
    masks: np.ndarray  # (N, size / 4, size / 4) uint8, 255 on the garment
    found: np.ndarray  # (N,) bool: whether there is a garment


class Network(Protocol):
    """What an encoder runs on."""

    @property
    def dimension(self) -> int: ...

    @property
    def decode_side(self) -> int: ...

    def find(self, image: Image.Image) -> Finding: ...

    def encode(self, images: list[Image.Image]) -> np.ndarray: ...

    def encode_garments(self, image: Image.Image) -> tuple[Finding, np.ndarray]: ...

    def encode_seen(self, images: list[Image.Image]) -> Seen: ...


@dataclass(frozen=True)
class PhotoNetwork:
    """A network that sees the whole photo."""

    forward: Forward
    input_size: int
    dimension: int
    batch: int = BATCHES["keras"]

    @property
    def decode_side(self) -> int:
        return DECODED * self.input_size

    def find(self, image: Image.Image) -> Finding:
        return WHOLE_PICTURE

    def encode(self, images: list[Image.Image]) -> np.ndarray:
        return _encode_in_batches(self, images, self._encode_batch)

    def encode_seen(self, images: list[Image.Image]) -> Seen:
        size, count = self.input_size, len(images)
        cells = size // MASK_SCALE
        pixels = [to_input(image, size) for image in images]
        return Seen(
            self.encode(images),
            np.array(pixels, np.uint8).reshape(count, size, size, 3),
            np.full((count, cells, cells), 255, np.uint8),
            np.ones(count, bool),
        )

    def _encode_batch(self, images: list[Image.Image]) -> np.ndarray:
        pixels = [to_input(image, self.input_size) for image in images]
        return self.forward(np.stack(pixels))

    def encode_garments(self, image: Image.Image) -> tuple[Finding, np.ndarray]:
        return WHOLE_PICTURE, self.encode([image])


@dataclass(frozen=True)
class GarmentNetwork:
    """A finder, and a network that sees the garment it found."""

    finder: Look
    embed: Embed
    finder_size: int
    input_size: int
    dimension: int
    batch: int = BATCHES["keras"]

    @property
    def decode_side(self) -> int:
        return DECODED * self.input_size

    def find(self, image: Image.Image) -> Finding:
        return finding_of(self._look([image])[0])

    def encode(self, images: list[Image.Image]) -> np.ndarray:
        return _encode_in_batches(self, images, self._encode_batch)

    def _encode_batch(self, images: list[Image.Image]) -> np.ndarray:
        return self.embed(*self.crops(images))

    def encode_seen(self, images: list[Image.Image]) -> Seen:
        sights = self._look(images)
        pixels, masks = self._cut(images, sights)
        starts = range(0, len(images), self.batch)
        parts = [slice(start, start + self.batch) for start in starts]
        vectors = [self.embed(pixels[part], masks[part]) for part in parts]
        found = np.array([is_present(sight) for sight in sights])
        return Seen(np.concatenate(vectors), pixels, masks, found)

    def encode_garments(self, image: Image.Image) -> tuple[Finding, np.ndarray]:
        (sight,) = self._look([image])
        finding = finding_of(sight)
        found = finding.garments
        if not found:
            return finding, np.empty((0, self.dimension), np.float32)
        sights = [only(sight, each) for each in found] if len(found) > 1 else [sight]
        return finding, self.embed(*self._cut([image] * len(sights), sights))

    def crops(self, images: list[Image.Image]) -> tuple[np.ndarray, np.ndarray]:
        return self._cut(images, self._look(images))

    def _cut(
        self, images: list[Image.Image], sights: list[Sight]
    ) -> tuple[np.ndarray, np.ndarray]:
        pairs = [
            crop(image, sight, self.input_size)
            for image, sight in zip(images, sights, strict=True)
        ]
        pixels, masks = zip(*pairs, strict=True)
        return np.stack(pixels), np.stack(masks)

    def _look(self, images: list[Image.Image]) -> list[Sight]:
        return look(images, self.finder, self.finder_size)


def _encode_in_batches(
    network: PhotoNetwork | GarmentNetwork,
    images: list[Image.Image],
    encode: Callable[[list[Image.Image]], np.ndarray],
) -> np.ndarray:
    vectors = np.empty((len(images), network.dimension), dtype=np.float32)
    for start in range(0, len(images), network.batch):
        part = slice(start, start + network.batch)
        vectors[part] = encode(images[part])
    return vectors


def open_network(
    file: Path, runtime: str, input_size: int, dimension: int, finder_size: int | None
) -> Network:
    """Open a network's file; without a finder's size it sees the whole photo."""
    batch = BATCHES[runtime]
    if finder_size is None:
        open_whole = open_onnx if runtime == "onnx" else open_keras
        return PhotoNetwork(open_whole(file), input_size, dimension, batch)
    open_garment = open_garment_onnx if runtime == "onnx" else open_garment_keras
    finder, embed = open_garment(file)
    return GarmentNetwork(finder, embed, finder_size, input_size, dimension, batch)


def open_onnx(file: Path) -> Forward:
    session = open_session(file)
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


def open_garment_onnx(file: Path) -> tuple[Look, Embed]:
    """Open both parts of a file with the inputs image, crop and mask."""
    session = open_session(file)
    # A part that is not asked for takes no photos and hardly any time.
    none = {
        each.name: np.zeros((0, *each.shape[1:]), np.uint8)
        for each in session.get_inputs()
    }
    *seen, vector = [each.name for each in session.get_outputs()][:4]
    return (
        lambda images: session.run(seen, none | {"image": images}),
        lambda crops, masks: session.run(
            [vector], none | {"crop": crops, "mask": masks}
        )[0],
    )


def open_garment_keras(file: Path) -> tuple[Look, Embed]:
    import keras

    model = keras.saving.load_model(file, compile=False)
    return garment_parts(model)


def garment_parts(model: Any) -> tuple[Look, Embed]:
    """Return the two parts of a network that finds the garment."""
    import tensorflow as tf

    finder, garment = model.get_layer("finder"), model.get_layer("garment")
    shapes = [model.input[name].shape for name in ("image", "crop", "mask")]
    image, crops, mask = (tf.TensorSpec((None, *s[1:]), tf.uint8) for s in shapes)
    see = tf.function(lambda x: finder(x, training=False), input_signature=[image])
    embed = tf.function(
        lambda x, m: garment({"crop": x, "mask": m}, training=False),
        input_signature=[crops, mask],
    )
    return (
        lambda images: [x.numpy() for x in see(images)],
        lambda crops, masks: embed(crops, masks).numpy(),
    )


def open_session(file: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # The shop scales by processes; more threads would compete for the same cores.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(file), options, providers=["CPUExecutionProvider"]
    )
