"""Save a training to disk so that it can resume after an interruption."""

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
    """The steps done and their losses.

    Batches follow from the seed and the step, so they need no state of their own.
    """

    step: int = 0
    losses: list[float] = field(default_factory=list)  # of the current epoch
    history: list[Epoch] = field(default_factory=list)


class Checkpoint:
    """A file with the variables of network and optimizer, and the progress.

    `variables` must always come in the same order.
    """

    def __init__(self, file: Path, variables: Sequence[Any]) -> None:
        self.file = file
        self._variables = variables

    def save(self, progress: TrainingProgress) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.file.with_suffix(".part")
        arrays = {f"v{i}": v.numpy() for i, v in enumerate(self._variables)}
        with unfinished.open("wb") as out:
            np.savez(out, progress=json.dumps(asdict(progress)), **arrays)
        # A kill while writing leaves the previous file.
        unfinished.replace(self.file)

    def restore(self) -> TrainingProgress:
        if not self.file.is_file():
            return TrainingProgress()
        with np.load(self.file) as arrays:
            for i, variable in enumerate(self._variables):
                variable.assign(arrays[f"v{i}"])
            kept = json.loads(str(arrays["progress"]))
        history = [Epoch(**epoch) for epoch in kept["history"]]
        return TrainingProgress(kept["step"], kept["losses"], history)
