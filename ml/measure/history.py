"""Write, read and plot the loss of each epoch (the report's Fig 7.1)."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """The mean losses of one epoch, a row of history.csv."""

    epoch: int
    train: float
    validation: float  # nan where there are no photos to validate on


@dataclass(frozen=True)
class Trained:
    """What the loop of a recipe returns."""

    network: Any  # keras.Model
    history: list[Epoch]
    info: dict[str, Any] = field(default_factory=dict)  # for encoder.json


def write_history(file: Path, epochs: list[Epoch]) -> None:
    with file.open("w", newline="") as out:
        names = [column.name for column in fields(Epoch)]
        writer = csv.DictWriter(out, names, lineterminator="\n")
        writer.writeheader()
        for epoch in epochs:
            row = {name: round(value, 6) for name, value in asdict(epoch).items()}
            writer.writerow(row)


def read_history(file: Path) -> list[Epoch]:
    # An encoder made elsewhere has no history.
    if not file.is_file():
        return []
    with file.open(newline="") as rows:
        return [
            Epoch(int(row["epoch"]), float(row["train"]), float(row["validation"]))
            for row in csv.DictReader(rows)
        ]


def draw_loss(file: Path, epochs: list[Epoch]) -> None:
    # pyplot would keep global state and look for a screen.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), dpi=120, layout="tight")
    axes = figure.subplots()
    numbers = [epoch.epoch for epoch in epochs]
    axes.plot(numbers, [e.train for e in epochs], marker="o", label="training")
    axes.plot(numbers, [e.validation for e in epochs], marker="s", label="validation")
    axes.set(xlabel="epoch", ylabel="loss", xticks=numbers)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(file, metadata={"Software": None})
