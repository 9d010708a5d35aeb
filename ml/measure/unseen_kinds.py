"""The encoders that `ml.kinds` compares: trained without two kinds, and untrained."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np

from ml.dataset import Photos, load_splits, read_splits
from ml.encoder import RUNTIMES
from ml.measure.labels import Notes
from ml.recipes import RECIPES, SCRATCH, Recipe, Sources
from ml.serving.networks import Network, PhotoNetwork

UNTRAINED_SIZE = 224  # pixels; the ImageNet weights were trained at this size
FEATURES = 1280


def imagenet_encoder(weights: str | None) -> PhotoNetwork:
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

    return PhotoNetwork(forward, UNTRAINED_SIZE, FEATURES)


class LeaveOutTrainer:
    """Trains the recipe without a pair of kinds and keeps the networks."""

    def __init__(
        self,
        recipe: Recipe,
        notes: Notes,
        weights: str | None,
        out: Path,
        views: Path,
    ) -> None:
        self._recipe, self._notes, self._weights = recipe, notes, weights
        self._out, self._views = out, views
        self._photos: dict[str, Photos] = {}

    def without(self, pair: tuple[str, str]) -> Network:
        from ml.conversion import load_keras, network_of

        folder = self._out / "-".join(pair)
        file = folder / RUNTIMES["keras"]
        if not file.is_file():
            self._train(pair, folder, file)
        return network_of(load_keras(file))

    def _train(self, pair: tuple[str, str], folder: Path, file: Path) -> None:
        from ml.backend import keras
        from ml.train import train_network

        keras.utils.set_random_seed(self._recipe.seed)
        folder.mkdir(parents=True, exist_ok=True)
        sources = Sources(self._notes, self._weights, leave_out=pair, views=self._views)
        trained = train_network(self._recipe, self._decoded(), sources, folder)
        unfinished = folder / "unfinished.keras"
        trained.network.save(unfinished)
        unfinished.replace(file)
        shutil.rmtree(folder / SCRATCH, ignore_errors=True)

    def _decoded(self) -> dict[str, Photos]:
        if not self._photos:
            splits = read_splits(self._notes.data)
            names = ["train", "validation"]
            from ml.train import pixels_kept

            size = pixels_kept(self._recipe)
            self._photos = load_splits(splits, names, size)
        return self._photos
