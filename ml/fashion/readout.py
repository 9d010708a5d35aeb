"""Fit the layers that turn what the network sees into the parts of the vector."""

from __future__ import annotations

import math

import numpy as np
from sklearn.decomposition import PCA
from tqdm import tqdm

from ml.backend import keras, tf
from ml.fashion.frozen_views import Views
from ml.fashion.network import INSTANCE, READ, Parts, readable
from ml.recipes import FashionRecipe

VIEWS = 6  # of each photo, the unchanged photo included
MAX_PHOTOS = 4_000  # 8 KB a view; a larger catalogue is sampled
AT_ONCE = 64
ORDER = ("category", "kind", "pattern", "colour", "appearance")
# Most numbers of a part; appearance has the rest.
WIDEST = {"category": 24, "kind": 26, "pattern": 12, "colour": 26}
HEAT = {"category": 1.0, "kind": 0.8, "pattern": 1.0, "colour": 1.0}  # higher: softer
COLOUR_NAMES = 0.5  # share of the colour part that is shares of names
TELLING = 8.0  # weight of what tells photos apart, beside the features
COMPONENTS = 192  # principal components of the features
ROWS_PER_AXIS = 4
TINY = 1e-9
NOISE = 0.1  # share of the mean variance; with less, all directions count alike


def part_weights(recipe: FashionRecipe, parts: Parts) -> dict[str, float]:
    """Return the weights of the parts this network has; they sum to 1."""
    known = {"colour", "appearance", *parts.heads.output}
    given = {name: getattr(recipe, f"{name}_weight") for name in ORDER}
    kept = {n: weight for n, weight in given.items() if n in known and weight > 0}
    return {name: weight / sum(kept.values()) for name, weight in kept.items()}


def build_readout(
    parts: Parts, recipe: FashionRecipe
) -> tuple[keras.Model, keras.Model, dict[str, dict[str, float]]]:
    """Return models to the vector and to what its axes are fitted on, and its parts.

    The layers `category_axes` and so on still need their weights.
    """
    features = keras.Input(parts.upper.output_shape[1:], name="features")
    colours = keras.Input(parts.lower.output_shape[2][1:], name="colours")
    said = parts.heads.output
    logits = {n: keras.Input(said[n].shape[1:], name=n) for n in READ if n in said}
    weights = part_weights(recipe, parts)
    seen = {name: _roots(name, logits, colours) for name in weights if name in WIDEST}
    widths = {name: min(WIDEST[name], x.shape[1]) for name, x in seen.items()}
    widths["appearance"] = recipe.dimension - sum(widths.values())
    told_apart = logits[INSTANCE] * TELLING
    seen["appearance"] = keras.layers.Concatenate()([features, told_apart])
    values, described, start = [], {}, 0
    for name, weight in weights.items():
        bias = name == "appearance"
        axes = keras.layers.Dense(widths[name], use_bias=bias, name=f"{name}_axes")
        unit = keras.layers.UnitNormalization()(axes(seen[name]))
        values.append(unit * math.sqrt(weight))
        stop = start + widths[name]
        described[name] = {"start": start, "stop": stop, "weight": round(weight, 6)}
        start = stop
    inputs = readable(features, colours, logits)
    vector = keras.layers.Concatenate(name="vector")(values)
    return (
        keras.Model(inputs, vector, name="readout"),
        keras.Model(inputs, seen),
        described,
    )


def _roots(name: str, logits: dict, colours: keras.KerasTensor) -> keras.KerasTensor:
    """Return square roots of shares: their cosine says how alike two photos are."""
    ops = keras.ops
    named = None
    if name in logits:
        named = ops.sqrt(ops.softmax(logits[name] / HEAT[name]) + 1e-12)
    if name != "colour":
        return named
    shades = ops.sqrt(colours)
    if named is None:
        return shades
    return keras.layers.Concatenate()(
        [shades * math.sqrt(1 - COLOUR_NAMES), named * math.sqrt(COLOUR_NAMES)]
    )


def fit_readout(
    parts: Parts,
    views: Views,
    rows: np.ndarray,
    labels: np.ndarray,
    recipe: FashionRecipe,
) -> tuple[keras.Model, dict[str, dict[str, float]]]:
    """Return the readout, fitted on N photos, and the parts of its vectors.

    `rows` (N,) are the photos' indices in `views`, `labels` (N,) their categories.
    """
    some = _sample(labels, MAX_PHOTOS, np.random.default_rng(recipe.seed))
    readout, fitted_on, described = build_readout(parts, recipe)
    seen = _outputs(parts, fitted_on, views, rows[some])
    for name in described:
        layer = readout.get_layer(f"{name}_axes")
        if name == "appearance":
            arguments = (labels[some], layer.units, recipe.seed)
            layer.set_weights(_appearance_axes(seen[name], *arguments))
        else:
            layer.set_weights([_main_axes(seen[name][:, 0], layer.units)])
    return readout, described


def _sample(labels: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return indices of about `most` labels, each kind in proportion, at least one."""
    share = min(1.0, most / len(labels))
    members = [np.flatnonzero(labels == kind) for kind in np.unique(labels)]
    taken = [rng.permutation(m)[: math.ceil(share * len(m))] for m in members]
    return np.sort(np.concatenate(taken))


def _outputs(
    parts: Parts, fitted_on: keras.Model, views: Views, rows: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what each part's axes are fitted on, (N, V, F) float32 of V views."""
    few = min(VIEWS, views.each)

    @tf.function(reduce_retracing=True)
    def call(activations: tf.Tensor, weights: tf.Tensor, colours: tf.Tensor) -> dict:
        features = parts.upper([activations, weights], training=False)
        logits = parts.heads([features, colours], training=False)
        return fitted_on(readable(features, colours, logits))

    found: dict[str, list[np.ndarray]] = {}
    each = max(1, AT_ONCE // few)
    for start in tqdm(range(0, len(rows), each), desc="features of the views"):
        some = rows[start : start + each]
        arrays = [array[some, :few].astype(np.float32) for array in views.arrays]
        flat = [tf.constant(x.reshape(-1, *x.shape[2:])) for x in arrays]
        for name, value in call(*flat).items():
            values = value.numpy().reshape(len(some), few, -1)
            found.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in found.items()}


def _main_axes(points: np.ndarray, count: int) -> np.ndarray:
    """Return (K, count): the main axes through 0 of the points (N, K).

    With K <= count no axis is lost and cosines do not change.
    """
    _, _, axes = np.linalg.svd(points, full_matrices=len(points) < count)
    return axes[:count].T.astype(np.float32)


def _appearance_axes(
    features: np.ndarray, labels: np.ndarray, count: int, seed: int
) -> list[np.ndarray]:
    """Return kernel (F, count) and bias of a dense layer, from features (N, V, F).

    It whitens the variance between views of one photo and within a category
    (within-class covariance normalization, Hatch et al. 2006), then takes the principal
    components of what is left.
    """
    photos, views, width = features.shape
    enough = max(1, math.ceil(ROWS_PER_AXIS * count / photos))
    used = features[:, :enough].reshape(-1, width)
    pca = _fit_pca(used, COMPONENTS, seed)
    points = np.stack([pca.transform(features[:, v]) for v in range(views)], axis=1)
    seen = points[:, 0]
    kinds, places = np.unique(labels, return_inverse=True)
    within = seen - np.stack([seen[labels == k].mean(axis=0) for k in kinds])[places]
    moved = (points[:, 1:] - seen[:, None]).reshape(-1, points.shape[2])
    covariance = within.T @ within / photos + moved.T @ moved / (2 * len(moved))
    mean = np.trace(covariance) / len(covariance)
    covariance += NOISE * mean * np.eye(len(covariance))
    spread, directions = np.linalg.eigh(covariance.astype(np.float64))
    evened = (directions * np.maximum(spread, TINY) ** -0.5) @ directions.T
    turned = _fit_pca(pca.transform(used) @ evened, count, seed)
    axes = pca.components_.T @ evened @ turned.components_.T
    kernel = np.zeros((width, count), dtype=np.float32)
    kernel[:, : axes.shape[1]] = axes
    bias = -(pca.mean_ @ kernel)
    bias[: axes.shape[1]] -= turned.mean_ @ turned.components_.T
    return [kernel, bias]


def _fit_pca(rows: np.ndarray, most: int, seed: int) -> PCA:
    count = min(most, len(rows) - 1, rows.shape[1])
    with np.errstate(invalid="ignore"):  # equal rows have no variance
        return PCA(count, svd_solver="randomized", random_state=seed).fit(rows)
