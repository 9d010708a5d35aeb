"""Where a training stands, on disk: cut off, it goes on as if it had not been."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ml.measure.history import Epoch


@dataclass
class TrainingProgress:
    """Steps done, and what is told of them; batches follow from seed and step."""

    step: int = 0
    losses: list[float] = field(default_factory=list)  # of the epoch under way
    history: list[Epoch] = field(default_factory=list)


class Checkpoint:
    """One file with the variables of network and optimizer, and the progress."""

    def __init__(self, file: Path, variables: Sequence[Any]) -> None:
        """`variables` as Keras has them, always in the same order."""
        self.file = file
        self._variables = variables

    def save(self, progress: TrainingProgress) -> None:
        """All or nothing: a kill while writing leaves the file before."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.file.with_suffix(".part")
        arrays = {f"v{i}": v.numpy() for i, v in enumerate(self._variables)}
        with unfinished.open("wb") as out:
            np.savez(out, progress=json.dumps(asdict(progress)), **arrays)
        unfinished.replace(self.file)

    def restore(self) -> TrainingProgress:
        """Fill the variables in place; a fresh start where there is no file."""
        if not self.file.is_file():
            return TrainingProgress()
        with np.load(self.file) as arrays:
            for i, variable in enumerate(self._variables):
                variable.assign(arrays[f"v{i}"])
            kept = json.loads(str(arrays["progress"]))
        history = [Epoch(**epoch) for epoch in kept["history"]]
        return TrainingProgress(kept["step"], kept["losses"], history)
