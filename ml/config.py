"""The recipes: every knob of a training in one block."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ml.errors import UserError


@dataclass(frozen=True)
class Recipe:
    """How one network is built and trained."""

    name: str
    input_size: int = 128  # pixels, both sides
    dimension: int = 128  # of the embedding
    alpha: float = 1.0  # width of MobileNetV2
    margin: float = 0.2  # of the triplet loss, on squared Euclidean distance
    epochs: int = 5
    steps: int = 100  # a epoch
    batch: int = 32  # triplets a step
    learning_rate: float = 3e-4  # at its highest
    warmup: float = 0.1  # share of all steps in which the rate climbs
    flips: bool = True  # mirror each training photo at random
    seed: int = 1


RECIPES = {"report": Recipe(name="report")}

DATA_VARIABLE = "FASHIONLENS_DATA"
VAR_VARIABLE = "FASHIONLENS_VAR"


class ConfigError(UserError):
    """A setting or an argument is missing or makes no sense."""


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
