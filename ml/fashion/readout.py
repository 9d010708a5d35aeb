"""The vector read off the trained tops: shares of categories, axes of appearance."""

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

VIEWS = 4  # of each photo, the photo itself among them
MOST_PHOTOS = 4_000  # 240 KB each: of a large catalogue a sample is learnt from
AT_ONCE = 64
CERTAINTY = 9.0  # of the regression: the loss of the mean row against squared weights
MOST_ROUNDS = 300
PRINCIPAL = 512  # components of what is seen where
ROWS_OF_AN_AXIS = 4
TINY = 1e-9
NOISE = 0.3  # of the mean variance: with less, all directions count alike


def fit_readout(
    parts: Parts,
    views: Views,
    rows: np.ndarray,
    labels: np.ndarray,
    recipe: FashionRecipe,
) -> keras.Model:
    """What `upper` gives -> the vector, learnt from N photos.

    `rows` (N,) says where in `views` each photo is, `labels` (N,) its category.
    """
    some = _sample(labels, MOST_PHOTOS, np.random.default_rng(recipe.seed))
    rows = rows[some]
    kinds, labels = np.unique(labels[some], return_inverse=True)
    shapes = parts.upper.output_shape
    readout, described = build_readout(recipe, len(kinds), shapes)
    depths, layouts = _see(parts.upper, described, views, rows)
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
    """Places of about `most` labels, of each kind its share and one at least."""
    share = min(1.0, most / len(labels))
    members = [np.flatnonzero(labels == kind) for kind in np.unique(labels)]
    taken = [rng.permutation(m)[: math.ceil(share * len(m))] for m in members]
    return np.sort(np.concatenate(taken))


def _see(
    upper: keras.Model, described: keras.Model, views: Views, rows: np.ndarray
) -> list[np.ndarray]:
    """Depths (N, V, F) float32 and layouts (N, V, G) float16 of a few views."""
    few = min(VIEWS, views.each)
    found: list[list[np.ndarray]] = [[], []]
    call = tf.function(
        lambda x: described(upper(x, training=False)), reduce_retracing=True
    )
    each = max(1, AT_ONCE // few)
    for start in tqdm(range(0, len(rows), each), desc="what the tops see"):
        some = rows[start : start + each]
        batch = views.activations[some, :few].astype(np.float32)
        outputs = call(tf.constant(batch.reshape(-1, *batch.shape[2:])))
        for kept, output, kind in zip(found, outputs, "fe", strict=True):
            kept.append(output.numpy().reshape(len(some), few, -1).astype(kind))
    return [np.concatenate(kept) for kept in found]


def _regression(depths: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """(N, V, F), (N,) of 0 to K - 1 -> kernel (F, K) and bias of a dense layer."""
    photos, views, features = depths.shape
    model = LogisticRegression(C=CERTAINTY / (photos * views), max_iter=MOST_ROUNDS)
    model.fit(depths.reshape(-1, features), np.repeat(labels, views))
    kernel, bias = model.coef_.T, model.intercept_
    if kernel.shape[1] == 1:  # of two categories it gives the second's advantage
        kernel, bias = kernel * [-0.5, 0.5], bias * [-0.5, 0.5]
    return [kernel.astype(np.float32), bias.astype(np.float32)]


def _main_axes(points: np.ndarray, count: int) -> np.ndarray:
    """(N, K) -> (K, count): the axes through 0 along which the points lie farthest.

    With K <= count none is lost and cosines stay as they are.
    """
    _, _, axes = np.linalg.svd(points, full_matrices=False)
    found = np.zeros((points.shape[1], count), dtype=np.float32)
    kept = axes[:count].T
    found[:, : kept.shape[1]] = kept
    return found


def _appearance_axes(
    layouts: np.ndarray, labels: np.ndarray, count: int, seed: int
) -> list[np.ndarray]:
    """(N, V, G), (N,) -> kernel (G, count) and bias of a dense layer.

    What differs between views of one photo, and what differs within a category, is
    evened out (within-class covariance normalization, Hatch et al. 2006); of what is
    left, the principal components.
    """
    photos, views, features = layouts.shape
    enough = max(1, math.ceil(ROWS_OF_AN_AXIS * count / photos))
    used = layouts[:, :enough].reshape(-1, features).astype(np.float32)
    pca = _fit_pca(used, PRINCIPAL, seed)
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
    with np.errstate(invalid="ignore"):  # rows all alike have no variance to share
        return PCA(count, svd_solver="randomized", random_state=seed).fit(rows)
