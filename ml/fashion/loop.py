"""Train the recipe `fashion` on views of photos.

An interrupted training resumes from its checkpoint and ends with the same weights,
because each batch follows from the seed and the number of its step alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml.backend import keras, tf
from ml.conversion import weights_hash
from ml.dataset import Photos
from ml.errors import TrainingError
from ml.fashion.batches import ViewSource, contents_of, digest
from ml.fashion.checkpoint import Checkpoint, TrainingProgress
from ml.fashion.network import Parts, join
from ml.fashion.prepare import begin, make_sources
from ml.fashion.readout import fit_readout
from ml.fashion.step import (
    make_optimizer,
    make_step,
    trained_variables,
    validation_loss,
)
from ml.measure.history import Epoch, Trained
from ml.recipes import SCRATCH, FashionRecipe, Sources

SAVE_EVERY = 100  # steps


@dataclass(frozen=True)
class Stage:
    """One climb and decay of the learning rate."""

    photos: ViewSource
    recipe: FashionRecipe
    stream: int = 0  # of random numbers that draw the batches
    words: str = ""


def fit(
    recipe: FashionRecipe, photos: Mapping[str, Photos], given: Sources, out: Path
) -> Trained:
    # The checkpoint in `scratch` lets a killed training resume.
    scratch = out / SCRATCH
    scratch.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(recipe.seed)
    seen = photos["train"].without(given.leave_out)
    beginning = begin(recipe, seen, given, scratch)
    parts, names = beginning.parts, beginning.names
    contents = [contents_of(photos[name]) for name in ("train", "validation")]
    _delete_stale_checkpoint(
        scratch, recipe, contents, [*given.leave_out], weights_hash(parts.upper), names
    )
    first, train, held_out = make_sources(parts, names, recipe, photos, given, scratch)
    begun = train_parts(parts, Stage(first, recipe), held_out, scratch / "state.npz")
    tuned = tune(parts, train, held_out, recipe, scratch)
    history = [replace(epoch, epoch=i) for i, epoch in enumerate(begun + tuned, 1)]
    labels = train.photos.labels
    readout, described = fit_readout(parts, train.views, train.rows, labels, recipe)
    known = beginning.known
    if beginning.colour_axes is not None:
        readout.get_layer("colour_axes").set_weights([beginning.colour_axes])
    else:
        known = {key: value for key, value in known.items() if key != "colours"}
    info = {
        **known,
        "parts": described,
        "names": {name: list(known) for name, known in names.items()},
    }
    return Trained(join(parts, readout), history, info)


def _delete_stale_checkpoint(
    scratch: Path, recipe: FashionRecipe, *others: object
) -> None:
    # After a loss that was not finite, a training may resume at a lower rate. The
    # weights of the parts change only the readout, which is fitted afterwards.
    knobs = {
        name: value
        for name, value in asdict(recipe).items()
        if name != "learning_rate" and not name.endswith("_weight")
    }
    ours = digest(knobs, *others)
    file = scratch / "training.txt"
    if file.is_file() and file.read_text() != ours:
        for state in scratch.glob("*.npz"):
            state.unlink()
    file.write_text(ours)


def tune(
    parts: Parts,
    train: ViewSource,
    validation: ViewSource,
    recipe: FashionRecipe,
    scratch: Path,
) -> list[Epoch]:
    """Train on in place, several times from the same start, and keep the mean."""
    # Wortsman et al. 2022: such a mean is nearly as good as asking all of them.
    start, ends = parts.trained_weights(), []
    history: list[Epoch] = []
    for number in range(1, recipe.tunings + 1):
        parts.set_trained_weights(start)
        words = f"tuning {number} of {recipe.tunings}, "
        stage = Stage(train, recipe.tuning, 1 + number, words)
        state = scratch / f"tuning-{number}.npz"
        history += train_parts(parts, stage, validation, state)
        ends.append(parts.trained_weights())
    means = [np.mean(weights, axis=0) for weights in zip(*ends, strict=True)]
    parts.set_trained_weights(means)
    return history


def train_parts(
    parts: Parts, stage: Stage, validation: ViewSource, file: Path
) -> list[Epoch]:
    """Fit `upper` and `heads` in place, resuming from the checkpoint in `file`.

    Raises TrainingError when the loss is not finite; the checkpoint then holds the last
    good weights.
    """
    recipe = stage.recipe
    optimizer = make_optimizer(parts, recipe)
    state = [*parts.upper.variables, *parts.heads.variables, *optimizer.variables]
    checkpoint = Checkpoint(file, state)
    progress = checkpoint.restore()
    if progress.step:
        total = recipe.epochs * recipe.steps
        tqdm.write(f"{stage.words}resuming after step {progress.step} of {total}")
    step = make_step(parts, optimizer, recipe)
    while len(progress.history) < recipe.epochs:
        _train_epoch(step, stage, checkpoint, progress)
        _end_epoch(validation_loss(parts, validation, recipe), checkpoint, progress)
    if recipe.averaging:
        optimizer.finalize_variable_values(trained_variables(parts))
    return progress.history


def _train_epoch(
    step: Callable[..., tf.Tensor],
    stage: Stage,
    checkpoint: Checkpoint,
    progress: TrainingProgress,
) -> None:
    recipe = stage.recipe
    words = f"{stage.words}epoch {len(progress.history) + 1}/{recipe.epochs}"
    done = len(progress.losses)
    with tqdm(total=recipe.steps, initial=done, desc=words, unit="step") as bar:
        for _ in range(done, recipe.steps):
            number = progress.step + 1
            stream = [stage.stream, number]
            loss = float(step(*stage.photos.draw(recipe, stream, recipe.mixing)))
            if not math.isfinite(loss):
                raise _not_finite(loss, number, checkpoint, recipe)
            progress.step = number
            progress.losses.append(loss)
            bar.update()
            bar.set_postfix(loss=f"{np.mean(progress.losses):.4f}")
            if number % SAVE_EVERY == 0:
                checkpoint.save(progress)


def _end_epoch(
    held_out: float, checkpoint: Checkpoint, progress: TrainingProgress
) -> None:
    number, loss = len(progress.history) + 1, float(np.mean(progress.losses))
    progress.history.append(Epoch(number, loss, held_out))
    progress.losses = []
    checkpoint.save(progress)
    tqdm.write(f"epoch {number}: loss {loss:.4f}, validation {held_out:.4f}")


def _not_finite(
    loss: float, step: int, checkpoint: Checkpoint, recipe: FashionRecipe
) -> TrainingError:
    kept = "There are no weights to keep yet."
    if checkpoint.file.is_file():
        done = checkpoint.restore().step
        kept = f"The weights of step {done} are kept in {checkpoint.file}."
    return TrainingError(
        f"The loss became {loss} at step {step}. {kept} Run the command again with a "
        f"--learning-rate below {recipe.learning_rate:g} to resume from there."
    )
