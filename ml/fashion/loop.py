"""The training loop of the recipe `fashion`: views of photos in, a better top out.

A training that was cut off goes on from its checkpoint and ends with the same
weights: each batch follows from the seed and the number of its step alone.
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
from ml.fashion.batches import ViewBatch, ViewSource, contents_of, digest, make_sources
from ml.fashion.checkpoint import Checkpoint, TrainingProgress
from ml.fashion.losses import contrast, relation_loss
from ml.fashion.network import Parts, build_two_heads, join, open_two_heads
from ml.fashion.readout import fit_readout
from ml.measure.history import Epoch
from ml.recipes import SCRATCH, FashionRecipe
from ml.schedule import learning_rate

SAVED_EVERY = 100  # steps
VALIDATION_BATCHES = 4
LONGEST_GRADIENT = 5.0


def fit(
    recipe: FashionRecipe,
    photos: Mapping[str, Photos],
    leave_out: Sequence[str],
    weights: str | Path | None,
    start: Path | None,
    out: Path,
    kept: Path | None,
) -> tuple[keras.Model, list[Epoch]]:
    """Build, make the views, train: the encoder and its history.

    What it takes to go on after a kill lies in `out`/.training.
    """
    scratch = out / SCRATCH
    scratch.mkdir(parents=True, exist_ok=True)

    def begin(recipe: FashionRecipe) -> Parts:
        keras.utils.set_random_seed(recipe.seed)
        if start is None:
            return build_two_heads(recipe, weights)
        return open_two_heads(start / RUNTIMES["keras"], recipe)

    parts = begin(recipe)
    _forget_another_training(scratch, recipe, photos, leave_out, parts)
    folder = kept or scratch / "views"
    train, held_out = make_sources(parts, recipe, photos, leave_out, scratch, folder)
    history = train_soup(parts, begin, train, held_out, recipe, scratch)
    labels = train.photos.labels
    readout = fit_readout(parts, train.views, train.rows, labels, recipe)
    return join(parts, readout), history


def _forget_another_training(
    scratch: Path,
    recipe: FashionRecipe,
    photos: Mapping[str, Photos],
    leave_out: Sequence[str],
    parts: Parts,
) -> None:
    """A checkpoint of other data, another start or another recipe is no use here."""
    # The rate may be turned down after a loss that was no number, and go on; how the
    # vector is read off has no part in training what it is read off.
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
    """Train from the same start as often as the recipe says, and average the tops.

    `parts` is the first to be trained and gets the mean; `begin` makes the others.
    Each training has a seed of its own. The mean of weights that began alike does
    better than each of them, and costs no more to run (model soups, Wortsman et al.
    2022). The history is the mean of theirs.
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
    """Fit `upper` and `heads` in place, going on from the checkpoint in `file`.

    Raises TrainingError when the loss is no number; the checkpoint then holds the
    last good weights.
    """
    _set_policy(parts, "mixed_bfloat16" if _lightens(recipe) else "float32")
    optimizer = keras.optimizers.AdamW(
        learning_rate(recipe),
        weight_decay=recipe.weight_decay,
        use_ema=recipe.averaging > 0,
        ema_momentum=recipe.averaging,
    )
    optimizer.build(_trained(parts))
    state = [*parts.upper.variables, *parts.heads.variables, *optimizer.variables]
    checkpoint = Checkpoint(file, state)
    progress = checkpoint.restore()
    if progress.step:
        total = recipe.epochs * recipe.steps
        tqdm.write(f"goes on after step {progress.step} of {total}")
    step = _make_step(parts, optimizer, recipe)
    while len(progress.history) < recipe.epochs:
        _train_epoch(step, train, recipe, checkpoint, progress)
        held_out = validation_loss(parts, validation, recipe)
        epoch = Epoch(
            len(progress.history) + 1, float(np.mean(progress.losses)), held_out
        )
        progress.history.append(epoch)
        progress.losses = []
        checkpoint.save(progress)
        tqdm.write(
            f"epoch {epoch.epoch}: loss {epoch.train:.4f}, validation {held_out:.4f}"
        )
    if recipe.averaging:
        optimizer.finalize_variable_values(_trained(parts))
    _set_policy(parts, "float32")
    return progress.history


def batch_loss(
    parts: Parts, batch: ViewBatch, recipe: FashionRecipe, training: bool
) -> tf.Tensor:
    """Category contrast + view contrast + staying like the teacher -> scalar.

    The mean over the tops, each of which is trained as if it were alone.
    """
    # training=False holds the batch norms at what they are, see ml.triplets.network.
    seen = parts.upper(tf.cast(batch.activations, tf.float32), training=False)
    textures = tf.cast(batch.textures, tf.float32)
    found = parts.heads([textures, *seen], training=training)
    category, appearance = (_each_top(vectors, recipe.tops) for vectors in found)
    losses = [
        _top_loss(its_category, its_appearance, batch, recipe)
        for its_category, its_appearance in zip(category, appearance, strict=True)
    ]
    return tf.add_n(losses) / len(losses)


def _each_top(vectors: tf.Tensor, tops: int) -> list[tf.Tensor]:
    """(N, D) -> of each top its (N, D / tops), of unit length again."""
    return tf.split(tf.cast(vectors, tf.float32) * math.sqrt(tops), tops, axis=1)


def _top_loss(
    category: tf.Tensor, appearance: tf.Tensor, batch: ViewBatch, recipe: FashionRecipe
) -> tf.Tensor:
    teacher = tf.cast(batch.teacher, tf.float32)
    heat = recipe.temperature
    loss = contrast(category, batch.labels, heat)
    loss += recipe.appearance * contrast(appearance, batch.instances, heat)
    return loss + recipe.distillation * relation_loss(
        appearance, teacher, batch.instances, heat
    )


def validation_loss(parts: Parts, source: ViewSource, recipe: FashionRecipe) -> float:
    """The loss on the same few batches of photos not trained on; nan without any."""
    if not len(source.photos):
        return math.nan
    batches = (source.draw(recipe, [1, i]) for i in range(VALIDATION_BATCHES))
    return float(np.mean([batch_loss(parts, b, recipe, False) for b in batches]))


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
            if number % SAVED_EVERY == 0:
                checkpoint.save(progress)


def _not_finite(
    loss: float, step: int, checkpoint: Checkpoint, recipe: FashionRecipe
) -> TrainingError:
    kept = "There are no weights to keep yet."
    if checkpoint.file.is_file():
        done = checkpoint.restore().step
        kept = f"The weights of step {done} are kept in {checkpoint.file}."
    return TrainingError(
        f"The loss became {loss} at step {step}. {kept} Run the command again with a "
        f"--learning-rate below {recipe.learning_rate:g}: it goes on from there."
    )


def _make_step(
    parts: Parts, optimizer: keras.optimizers.Optimizer, recipe: FashionRecipe
) -> Callable[..., tf.Tensor]:
    """The tensors of a batch -> its loss, the weights one better."""
    variables = _trained(parts)

    @tf.function
    def step(*tensors: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = batch_loss(parts, ViewBatch(*tensors), recipe, training=True)
        gradients = tape.gradient(loss, variables)
        gradients, length = tf.clip_by_global_norm(gradients, LONGEST_GRADIENT)
        optimizer.apply(gradients, variables)
        return loss + 0.0 * length  # no number where a gradient is none

    return step


def _trained(parts: Parts) -> list:
    return [*parts.upper.trainable_variables, *parts.heads.trainable_variables]


def _lightens(recipe: FashionRecipe) -> bool:
    # On a CPU bfloat16 is slower than float32, where it exists at all.
    return recipe.mixed_precision and bool(tf.config.list_physical_devices("GPU"))


def _set_policy(parts: Parts, policy: str) -> None:
    """Compute in this precision; weights, and the encoder exported, stay float32."""
    for model in (parts.upper, parts.heads):
        for layer in model.layers:
            layer.dtype_policy = keras.dtype_policies.get(policy)
