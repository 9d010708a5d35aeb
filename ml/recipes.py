"""The recipes: every knob of a training in one block."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ml.errors import ConfigError


@dataclass(frozen=True)
class Recipe:
    """How one network is built and trained: what all recipes have."""

    name: str
    input_size: int = 128  # pixels, both sides
    dimension: int = 128  # of the embedding
    alpha: float = 1.0  # width of MobileNetV2
    epochs: int = 5
    steps: int = 100  # a epoch
    batch: int = 32  # a step: triplets, or photos
    learning_rate: float = 3e-4  # at its highest
    warmup: float = 0.1  # share of all steps in which the rate climbs
    seed: int = 1


@dataclass(frozen=True)
class TripletRecipe(Recipe):
    """The report's: one head, triplets, the whole network trained."""

    margin: float = 0.2  # of the triplet loss, on squared Euclidean distance
    flips: bool = True  # mirror each training photo at random


@dataclass(frozen=True)
class FashionRecipe(Recipe):
    """Category and appearance in one vector; only the top is trained.

    The reasons for the values are in ABLATIONS.md.
    """

    input_size: int = 192
    epochs: int = 8
    steps: int = 120
    batch: int = 50  # photos, the same number of each category; two views of each
    learning_rate: float = 1e-3
    views: int = 10  # of each photo, made once and kept
    other_grounds: float = 0.0  # share of the views with the garment on another ground
    category_dimension: int = 32  # of the embedding's numbers; the rest: appearance
    category_weight: float = 0.5  # share of the category in the cosine
    category_heat: float = 2.0  # of the shares of categories: the more, the softer
    frozen_blocks: int = 12  # of MobileNetV2's 16; those above are trained
    tops: int = 2  # trained side by side above those, see ml.fashion.network
    layout_channels: int = 48  # of what the appearance sees where; 0: pooled alone
    hidden: int = 256  # of each head, in training
    dropout: float = 0.3  # of the heads, in training
    temperature: float = 0.1  # of all three losses
    distillation: float = 1.0  # weight of staying like the network at the start
    appearance: float = 1.0  # weight of telling photos apart
    weight_decay: float = 1e-4
    soup: int = 1  # trainings from the same start, whose weights are averaged
    averaging: float = 0.99  # of the weights over steps: what is kept is the average
    mixed_precision: bool = True  # bfloat16, and only where there is a GPU


RECIPES: dict[str, Recipe] = {
    "fashion": FashionRecipe(name="fashion"),
    "report": TripletRecipe(name="report"),
}
DEFAULT_RECIPE = "fashion"
SCRATCH = ".training"  # in the output folder, while the recipe fashion trains

DATA_VARIABLE = "FASHIONLENS_DATA"
VAR_VARIABLE = "FASHIONLENS_VAR"


def data_folder(given: Path | None) -> Path:
    """The folder named on the command line, else the one in the environment."""
    if given is not None:
        return given
    if from_environment := os.environ.get(DATA_VARIABLE):
        return Path(from_environment)
    raise ConfigError(
        "Where are the photos? Pass --data DIR, or set "
        f"{DATA_VARIABLE} to the folder with train/, validation/ and test/."
    )


def var_folder() -> Path:
    """Where everything made at run time goes."""
    return Path(os.environ.get(VAR_VARIABLE) or "var")
