"""The recipes: every training option with its default, bounds and help.

An option declared here is an option of `python -m ml.train`. A subclass may give a
field another default by assigning it; bounds and help stay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeVar

from ml.errors import ConfigError

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
    """Category and appearance in one vector; only the top blocks are trained.

    ABLATIONS.md has the reasons for the defaults.
    """

    input_size: int = 192
    epochs: int = 8
    steps: int = 120
    batch: int = 50  # photos, the same number of each category
    learning_rate: float = 1e-3
    views: int = option(
        10, at_least=2, help="views of each photo, the photo itself included"
    )
    other_grounds: float = option(
        0.0, at_least=0, at_most=1, help="share of views with another background"
    )
    category_weight: float = option(
        0.5, at_least=0, at_most=1, help="share of the category in the cosine"
    )
    category_dimension: int = option(
        32, at_least=1, help="numbers of the embedding for category, not appearance"
    )
    category_heat: float = option(
        2.0, above=0, help="softens the category probabilities: higher is softer"
    )
    # The textures come from blocks below 10, the depths from blocks above 12.
    frozen_blocks: int = option(
        12,
        at_least=10,
        at_most=12,
        structural=True,
        help="how many of MobileNetV2's 16 blocks are not trained",
    )
    tops: int = option(
        2,
        at_least=1,
        structural=True,
        help="copies of the trained blocks, each with two heads",
    )
    layout_channels: int = option(
        48, at_least=0, help="channels of the unpooled layout a head sees; 0 for none"
    )
    hidden: int = option(256, at_least=1, help="hidden units of a head")
    dropout: float = option(0.3, at_least=0, below=1, help="dropout of the heads")
    temperature: float = option(0.1, above=0, help="temperature of the losses")
    distillation: float = option(
        1.0, at_least=0, help="weight of staying close to the untrained network"
    )
    appearance: float = option(
        1.0, at_least=0, help="weight of the contrast between photos"
    )
    weight_decay: float = 1e-4
    soup: int = option(
        1, at_least=1, help="trainings with different seeds whose weights are averaged"
    )
    averaging: float = option(
        0.99, at_least=0, below=1, help="momentum of the weight average; 0 for none"
    )
    mixed_precision: bool = True  # bfloat16, on GPUs only

    def check(self) -> None:
        super().check()
        category, rest = (
            self.category_dimension,
            self.dimension - self.category_dimension,
        )
        if rest < 1:
            raise ConfigError(
                f"--category-dimension must be at most {self.dimension - 1}."
            )
        if category % self.tops or rest % self.tops:
            raise ConfigError(
                f"--tops {self.tops} must divide --category-dimension {category} and "
                f"the {rest} numbers left for appearance."
            )


RECIPES: dict[str, Recipe] = {
    "fashion": FashionRecipe(name="fashion"),
    "report": TripletRecipe(name="report"),
}
DEFAULT_RECIPE = "fashion"
SCRATCH = ".training"  # folder inside the output folder during a training
