"""Fit the layers that turn what the trained tops output into the vector."""

from __future__ import annotations

import math

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from ml.backend import keras, tf
from ml.fashion.frozen_views import Views
from ml.fashion.network import Parts, build_readout
from ml.recipes import FashionRecipe

VIEWS = 4  # of each photo, the unchanged photo included
MAX_PHOTOS = 4_000  # 240 KB each; a larger catalogue is sampled
AT_ONCE = 64
CERTAINTY = 9.0  # weight of the mean loss against the L2 penalty
MAX_ITERATIONS = 300
COMPONENTS = 512  # principal components of the layouts
ROWS_PER_AXIS = 4
TINY = 1e-9
NOISE = 0.3  # share of the mean variance; with less, all directions count alike


def fit_readout(
    parts: Parts,
    views: Views,
    rows: np.ndarray,
    labels: np.ndarray,
    recipe: FashionRecipe,
) -> keras.Model:
    """Return the model from the outputs of `upper` to the vector, fitted on N photos.

    `rows` (N,) are the photos' indices in `views`, `labels` (N,) their categories.
    """
    some = _sample(labels, MAX_PHOTOS, np.random.default_rng(recipe.seed))
    rows = rows[some]
    kinds, labels = np.unique(labels[some], return_inverse=True)
    shapes = parts.upper.output_shape
    readout, described = build_readout(recipe, len(kinds), shapes)
    depths, layouts = _outputs(parts.upper, described, views, rows)
    kernel, bias = _regression(depths, labels)
    likely = depths[:, 0] @ kernel + bias
    shares = tf.nn.softmax(likely / recipe.category_heat).numpy()
    category = _main_axes(np.sqrt(shares), recipe.category_dimension)
    rest = recipe.dimension - recipe.category_dimension
    for name, weights in (
        ("categories", [kernel, bias]),
        ("category_axes", [category]),
        ("appearance_axes", _appearance_axes(layouts, labels, rest, recipe.seed)),
    ):
        readout.get_layer(name).set_weights(weights)
    return readout


def _sample(labels: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return indices of about `most` labels, each kind in proportion, at least one."""
    share = min(1.0, most / len(labels))
    members = [np.flatnonzero(labels == kind) for kind in np.unique(labels)]
    taken = [rng.permutation(m)[: math.ceil(share * len(m))] for m in members]
    return np.sort(np.concatenate(taken))


def _outputs(
    upper: keras.Model, described: keras.Model, views: Views, rows: np.ndarray
) -> list[np.ndarray]:
    """Return depths (N, V, F) float32 and layouts (N, V, G) float16 of V views."""
    few = min(VIEWS, views.each)
    found: list[list[np.ndarray]] = [[], []]
    call = tf.function(
        lambda x: described(upper(x, training=False)), reduce_retracing=True
    )
    each = max(1, AT_ONCE // few)
    for start in tqdm(range(0, len(rows), each), desc="outputs of the tops"):
        some = rows[start : start + each]
        batch = views.activations[some, :few].astype(np.float32)
        outputs = call(tf.constant(batch.reshape(-1, *batch.shape[2:])))
        for kept, output, kind in zip(found, outputs, "fe", strict=True):
            kept.append(output.numpy().reshape(len(some), few, -1).astype(kind))
    return [np.concatenate(kept) for kept in found]


def _regression(depths: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Return kernel (F, K) and bias (K,) of a dense layer that gives category logits.

    `depths` (N, V, F); `labels` (N,) integers 0 to K - 1.
    """
    photos, views, features = depths.shape
    model = LogisticRegression(C=CERTAINTY / (photos * views), max_iter=MAX_ITERATIONS)
    model.fit(depths.reshape(-1, features), np.repeat(labels, views))
    kernel, bias = model.coef_.T, model.intercept_
    if kernel.shape[1] == 1:  # with two categories, the logit of the second alone
        kernel, bias = kernel * [-0.5, 0.5], bias * [-0.5, 0.5]
    return [kernel.astype(np.float32), bias.astype(np.float32)]


def _main_axes(points: np.ndarray, count: int) -> np.ndarray:
    """Return (K, count): the main axes through 0 of the points (N, K).

    With K <= count no axis is lost and cosines do not change.
    """
    _, _, axes = np.linalg.svd(points, full_matrices=False)
    found = np.zeros((points.shape[1], count), dtype=np.float32)
    kept = axes[:count].T
    found[:, : kept.shape[1]] = kept
    return found


def _appearance_axes(
    layouts: np.ndarray, labels: np.ndarray, count: int, seed: int
) -> list[np.ndarray]:
    """Return kernel (G, count) and bias of a dense layer, from layouts (N, V, G).

    It whitens the variance between views of one photo and within a category
    (within-class covariance normalization, Hatch et al. 2006), then takes the principal
    components of what is left.
    """
    photos, views, features = layouts.shape
    enough = max(1, math.ceil(ROWS_PER_AXIS * count / photos))
    used = layouts[:, :enough].reshape(-1, features).astype(np.float32)
    pca = _fit_pca(used, COMPONENTS, seed)
    points = np.stack([pca.transform(layouts[:, v]) for v in range(views)], axis=1)
    seen = points[:, 0]
    kinds, places = np.unique(labels, return_inverse=True)
    within = seen - np.stack([seen[labels == k].mean(axis=0) for k in kinds])[places]
    moved = (points[:, 1:] - seen[:, None]).reshape(-1, points.shape[2])
    covariance = within.T @ within / photos + moved.T @ moved / (2 * len(moved))
    covariance += NOISE * pca.explained_variance_.mean() * np.eye(len(covariance))
    spread, directions = np.linalg.eigh(covariance.astype(np.float64))
    evened = (directions * np.maximum(spread, TINY) ** -0.5) @ directions.T
    turned = _fit_pca(pca.transform(used) @ evened, count, seed)
    axes = pca.components_.T @ evened @ turned.components_.T
    kernel = np.zeros((features, count), dtype=np.float32)
    kernel[:, : axes.shape[1]] = axes
    bias = -(pca.mean_ @ kernel)
    bias[: axes.shape[1]] -= turned.mean_ @ turned.components_.T
    return [kernel, bias]


def _fit_pca(rows: np.ndarray, most: int, seed: int) -> PCA:
    count = min(most, len(rows) - 1, rows.shape[1])
    with np.errstate(invalid="ignore"):  # equal rows have no variance
        return PCA(count, svd_solver="randomized", random_state=seed).fit(rows)
