"""The recipes: every training option with its default, bounds and help.

An option declared here is an option of `python -m ml.train`. A subclass may give a
field another default by assigning it; bounds and help stay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from ml.errors import ConfigError
from ml.measure.labels import Notes

Value = TypeVar("Value", int, float)

_KEY = "option"  # in the metadata of a field


@dataclass(frozen=True)
class Option:
    """What the command line says about a field and checks of its value."""

    help: str
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    structural: bool = False  # describes the network: cannot differ from --from's

    @property
    def bounds(self) -> str:
        """Return "at least 0 and below 1"; empty without bounds."""
        limits = {
            "at least": self.at_least,
            "above": self.above,
            "at most": self.at_most,
            "below": self.below,
        }
        given = [f"{words} {v:g}" for words, v in limits.items() if v is not None]
        return " and ".join(given)

    def allows(self, value: float) -> bool:
        return (
            math.isfinite(value)
            and (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )


def option(
    default: Value,
    *,
    help: str,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    structural: bool = False,
) -> Value:
    """Declare a dataclass field that `ml.train` takes as an option."""
    declared = Option(help, at_least, above, at_most, below, structural)
    return field(default=default, metadata={_KEY: declared})


def flag(name: str) -> str:
    """Return the spelling of a field on the command line."""
    return f"--{name.replace('_', '-')}"


@dataclass(frozen=True)
class Recipe:
    """How one network is built and trained: the options that all recipes share."""

    name: str
    dimension: int = 128  # of the embedding
    epochs: int = option(5, at_least=1, help="number of epochs")
    steps: int = option(100, at_least=1, help="steps in an epoch")
    batch: int = option(
        32, at_least=1, help="triplets, or photos with two views each, in a step"
    )
    learning_rate: float = option(3e-4, above=0, help="highest learning rate")
    warmup: float = 0.1  # share of all steps in which the learning rate climbs
    seed: int = option(1, at_least=0, help="seed of everything random")
    # MobileNetV2 halves the input five times; ONNX conversion fails at 32 pixels.
    input_size: int = option(
        128, at_least=64, help="width and height in pixels of the network's input"
    )
    alpha: float = option(
        1.0,
        above=0,
        structural=True,
        help="width of MobileNetV2; needs weights of the same width",
    )

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Return the declared options by field name, in order of declaration."""
        return {
            name: declared.metadata[_KEY]
            for ancestor in reversed(cls.__mro__)
            for name, declared in getattr(ancestor, "__dataclass_fields__", {}).items()
            if _KEY in declared.metadata
        }

    def check(self) -> None:
        """Raise ConfigError, naming the option, if a value is out of its bounds."""
        for name, declared in self.options().items():
            value = getattr(self, name)
            if declared.allows(value):
                continue
            if not math.isfinite(value):
                raise ConfigError(f"{flag(name)} must be a finite number.")
            raise ConfigError(f"{flag(name)} must be {declared.bounds}.")


@dataclass(frozen=True)
class TripletRecipe(Recipe):
    """The recipe of the report: one head, triplet loss, the whole network trained."""

    margin: float = option(
        0.2, above=0, help="margin of the triplet loss on squared Euclidean distance"
    )
    flips: bool = True  # mirror each training photo at random


@dataclass(frozen=True)
class FashionRecipe(Recipe):
    """Several parts in one vector; the network sees the garment, not the photo.

    ABLATIONS.md has the reasons for the defaults.
    """

    input_size: int = 160
    epochs: int = 10
    steps: int = 200
    batch: int = 32  # photos
    learning_rate: float = 6e-4
    warmup: float = 0.06
    tunings: int = option(
        2,
        at_least=1,
        help="how often the network is tuned from the same start; the mean is kept",
    )
    tuning_epochs: int = option(3, at_least=1, help="epochs of each tuning")
    views: int = option(
        12, at_least=2, help="views of each photo, the photo itself included"
    )
    other_grounds: float = option(
        0.3, at_least=0, at_most=1, help="share of views with another background"
    )
    category_weight: float = option(
        0.317, at_least=0, help="share of the category in the cosine"
    )
    kind_weight: float = option(
        0.132, at_least=0, help="share of the kind in the cosine, with --attributes"
    )
    pattern_weight: float = option(
        0.124, at_least=0, help="share of the pattern in the cosine, with --attributes"
    )
    colour_weight: float = option(
        0.242, at_least=0, help="share of the colour in the cosine"
    )
    appearance_weight: float = option(
        0.186, above=0, help="share of the appearance in the cosine"
    )
    # The activations must have a sixteenth of the input's sides.
    frozen_blocks: int = option(
        6,
        at_least=6,
        at_most=9,
        structural=True,
        help="how many of MobileNetV2's 16 blocks are not trained",
    )
    dropout: float = option(0.4, at_least=0, below=1, help="dropout of the heads")
    mixing: float = option(
        0.4,
        at_least=0,
        help="how much of another photo is mixed into one (mixup); 0 for nothing",
    )
    temperature: float = option(0.1, above=0, help="temperature of the contrast")
    contrast: float = option(
        0.5, at_least=0, help="weight of the contrast between photos"
    )
    weight_decay: float = 0.01
    averaging: float = option(
        0.17,
        at_least=0,
        at_most=1,
        help="share of all steps that the weight average spans; 0 for none",
    )

    @property
    def tuning(self) -> FashionRecipe:
        """The training that follows on the first one."""
        return replace(
            self, epochs=self.tuning_epochs, learning_rate=self.learning_rate / 2
        )

    def check(self) -> None:
        super().check()
        if self.input_size % 32:
            raise ConfigError("--input-size must be a multiple of 32.")


@dataclass(frozen=True)
class Sources:
    """What a training starts from and what it learns from.

    `weights` as for `ml.backbone.build_backbone`. `start` is the folder of an encoder
    of the recipe `fashion` to train further instead, `finder` the one whose finder is
    taken. The first training sees crops by `masks`, a folder of garment masks, where it
    is given; without `finder`, a finder is trained on them too. The network does not
    see the categories in `leave_out`. `views` is a folder that keeps the views of the
    photos for the next training; without it they are deleted at the end.
    """

    notes: Notes
    weights: str | Path | None = None
    start: Path | None = None
    finder: Path | None = None
    masks: Path | None = None
    leave_out: Sequence[str] = ()
    views: Path | None = None


RECIPES: dict[str, Recipe] = {
    "fashion": FashionRecipe(name="fashion"),
    "report": TripletRecipe(name="report"),
}
DEFAULT_RECIPE = "fashion"
SCRATCH = ".training"  # folder inside the output folder during a training
