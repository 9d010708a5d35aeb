"""Train the recipe `fashion` on views of photos.

An interrupted training resumes from its checkpoint and ends with the same weights,
because each batch follows from the seed and the number of its step alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml.backend import keras, tf
from ml.conversion import weights_hash
from ml.dataset import Photos
from ml.encoder import RUNTIMES
from ml.errors import TrainingError
from ml.fashion.batches import ViewSource, contents_of, digest, make_sources
from ml.fashion.checkpoint import Checkpoint, TrainingProgress
from ml.fashion.network import Parts, build_two_heads, join, open_two_heads
from ml.fashion.readout import fit_readout
from ml.fashion.step import (
    make_optimizer,
    make_step,
    set_precision,
    trained_variables,
    validation_loss,
)
from ml.measure.history import Epoch
from ml.recipes import SCRATCH, FashionRecipe

SAVE_EVERY = 100  # steps


def fit(
    recipe: FashionRecipe,
    photos: Mapping[str, Photos],
    leave_out: Sequence[str],
    weights: str | Path | None,
    start: Path | None,
    out: Path,
    kept: Path | None,
) -> tuple[keras.Model, list[Epoch]]:
    # The checkpoints in `scratch` let a killed training resume.
    scratch = out / SCRATCH
    scratch.mkdir(parents=True, exist_ok=True)

    def begin(recipe: FashionRecipe) -> Parts:
        keras.utils.set_random_seed(recipe.seed)
        if start is None:
            return build_two_heads(recipe, weights)
        return open_two_heads(start / RUNTIMES["keras"], recipe)

    parts = begin(recipe)
    _delete_stale_checkpoints(scratch, recipe, photos, leave_out, parts)
    folder = kept or scratch / "views"
    train, held_out = make_sources(parts, recipe, photos, leave_out, scratch, folder)
    history = train_soup(parts, begin, train, held_out, recipe, scratch)
    labels = train.photos.labels
    readout = fit_readout(parts, train.views, train.rows, labels, recipe)
    return join(parts, readout), history


def _delete_stale_checkpoints(
    scratch: Path,
    recipe: FashionRecipe,
    photos: Mapping[str, Photos],
    leave_out: Sequence[str],
    parts: Parts,
) -> None:
    # After a loss that was not finite, a training may resume at a lower rate. The
    # other two options change only the readout, which is fitted afterwards.
    free = ("learning_rate", "category_weight", "category_heat")
    knobs = {name: v for name, v in asdict(recipe).items() if name not in free}
    contents = [contents_of(photos[name]) for name in ("train", "validation")]
    ours = digest(knobs, contents, list(leave_out), weights_hash(parts.upper))
    file = scratch / "training.txt"
    if file.is_file() and file.read_text() != ours:
        for state in scratch.glob("state-*.npz"):
            state.unlink()
    file.write_text(ours)


def train_soup(
    parts: Parts,
    begin: Callable[[FashionRecipe], Parts],
    train: ViewSource,
    validation: ViewSource,
    recipe: FashionRecipe,
    scratch: Path,
) -> list[Epoch]:
    """Train from the same start `recipe.soup` times and average the weights of `upper`.

    `parts` is trained first and receives the mean; `begin` builds the others, each with
    its own seed. The mean of weights that started alike does better than any of them at
    no cost when searching (model soups, Wortsman et al. 2022). Return the mean history.
    """
    tops, histories = [], []
    for number in range(recipe.soup):
        if recipe.soup > 1:
            tqdm.write(f"training {number + 1} of {recipe.soup}")
        one = replace(recipe, seed=recipe.seed + number)
        trained = begin(one) if number else parts
        state = scratch / f"state-{number + 1}.npz"
        histories.append(train_two_heads(trained, train, validation, one, state))
        tops.append(trained.upper.get_weights())
    parts.upper.set_weights([np.mean(same, axis=0) for same in zip(*tops, strict=True)])
    return [_mean_epoch(same) for same in zip(*histories, strict=True)]


def _mean_epoch(epochs: Sequence[Epoch]) -> Epoch:
    losses = [(epoch.train, epoch.validation) for epoch in epochs]
    return Epoch(epochs[0].epoch, *np.mean(losses, axis=0).tolist())


def train_two_heads(
    parts: Parts,
    train: ViewSource,
    validation: ViewSource,
    recipe: FashionRecipe,
    file: Path,
) -> list[Epoch]:
    """Fit `upper` and `heads` in place, resuming from the checkpoint in `file`.

    Raises TrainingError when the loss is not finite; the checkpoint then holds the last
    good weights.
    """
    set_precision(parts, reduced=recipe.mixed_precision)
    optimizer = make_optimizer(parts, recipe)
    state = [*parts.upper.variables, *parts.heads.variables, *optimizer.variables]
    checkpoint = Checkpoint(file, state)
    progress = checkpoint.restore()
    if progress.step:
        total = recipe.epochs * recipe.steps
        tqdm.write(f"resuming after step {progress.step} of {total}")
    step = make_step(parts, optimizer, recipe)
    while len(progress.history) < recipe.epochs:
        _train_epoch(step, train, recipe, checkpoint, progress)
        _end_epoch(validation_loss(parts, validation, recipe), checkpoint, progress)
    if recipe.averaging:
        optimizer.finalize_variable_values(trained_variables(parts))
    set_precision(parts, reduced=False)
    return progress.history


def _train_epoch(
    step: Callable[..., tf.Tensor],
    train: ViewSource,
    recipe: FashionRecipe,
    checkpoint: Checkpoint,
    progress: TrainingProgress,
) -> None:
    words = f"epoch {len(progress.history) + 1}/{recipe.epochs}"
    done = len(progress.losses)
    with tqdm(total=recipe.steps, initial=done, desc=words, unit="step") as bar:
        for _ in range(done, recipe.steps):
            number = progress.step + 1
            loss = float(step(*train.draw(recipe, [0, number])))
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
