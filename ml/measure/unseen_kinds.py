"""The encoders that `ml.kinds` compares: trained without two kinds, and untrained."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from ml.dataset import Photos, load_splits, read_splits
from ml.encoder import RUNTIMES, Forward, open_keras
from ml.preprocess import to_input
from ml.recipes import RECIPES, SCRATCH, Recipe

UNTRAINED_SIZE = 224  # pixels; the ImageNet weights were trained at this size
FEATURES = 1280


@dataclasses.dataclass(frozen=True)
class UnexportedEncoder:
    """A network that encodes photos without having been exported."""

    forward: Forward
    input_size: int
    dimension: int

    @property
    def decode_side(self) -> int:
        return 2 * self.input_size

    def encode(self, images: list[Image.Image]) -> np.ndarray:
        if not images:
            return np.empty((0, self.dimension), dtype=np.float32)
        return self.forward(np.stack([to_input(i, self.input_size) for i in images]))


def imagenet_encoder(weights: str | None) -> UnexportedEncoder:
    """Return MobileNetV2's pooled features; `weights` as for `load_backbone`."""
    from ml.backbone import load_backbone
    from ml.backend import keras

    recipe = dataclasses.replace(RECIPES["report"], input_size=UNTRAINED_SIZE)
    shape = (UNTRAINED_SIZE, UNTRAINED_SIZE, 3)
    network = keras.applications.MobileNetV2(
        input_shape=shape, include_top=False, weights=None, pooling="avg"
    )
    load_backbone(network, weights, recipe)

    def forward(pixels: np.ndarray) -> np.ndarray:
        features = network.predict(pixels / np.float32(127.5) - 1, verbose=0)
        return features / np.linalg.norm(features, axis=1, keepdims=True)

    return UnexportedEncoder(forward, UNTRAINED_SIZE, FEATURES)


class LeaveOutTrainer:
    """Trains the recipe without a pair of kinds and keeps the networks."""

    def __init__(
        self, recipe: Recipe, data: Path, weights: str | None, out: Path, views: Path
    ) -> None:
        self._recipe, self._data, self._weights = recipe, data, weights
        self._out, self._views = out, views
        self._photos: dict[str, Photos] = {}

    def without(self, pair: tuple[str, str]) -> UnexportedEncoder:
        folder = self._out / "-".join(pair)
        file = folder / RUNTIMES["keras"]
        if not file.is_file():
            self._train(pair, folder, file)
        return UnexportedEncoder(
            open_keras(file), self._recipe.input_size, self._recipe.dimension
        )

    def _train(self, pair: tuple[str, str], folder: Path, file: Path) -> None:
        from ml.backend import keras
        from ml.train import train_network

        keras.utils.set_random_seed(self._recipe.seed)
        folder.mkdir(parents=True, exist_ok=True)
        network, _ = train_network(
            self._recipe,
            self._decoded(),
            leave_out=pair,
            weights=self._weights,
            start=None,
            out=folder,
            views=self._views,
        )
        unfinished = folder / "unfinished.keras"
        network.save(unfinished)
        unfinished.replace(file)
        shutil.rmtree(folder / SCRATCH, ignore_errors=True)

    def _decoded(self) -> dict[str, Photos]:
        if not self._photos:
            splits = read_splits(self._data)
            names = ["train", "validation"]
            self._photos = load_splits(splits, names, self._recipe.input_size)
        return self._photos
