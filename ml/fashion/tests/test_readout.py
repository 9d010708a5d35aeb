"""Shares of categories and axes of appearance, on numbers whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from ml.fashion.readout import _appearance_axes, _main_axes, _regression, _sample


def seen(photos: int, views: int = 4, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(N, V, 6) and labels: 0, 1 by category; 2, 3 by photo; 4, 5 by view.

    What views differ in spreads most, so plain principal components begin with it.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(photos) % 3
    layout = np.zeros((photos, views, 6), dtype=np.float16)
    layout[..., :2] = rng.normal(size=(3, 2))[labels][:, None] * 3
    layout[..., 2:4] = rng.normal(size=(photos, 1, 2))
    layout[..., 4:] = rng.normal(size=(photos, views, 2)) * 5
    return layout, labels


def test_what_views_of_one_photo_differ_in_counts_for_little():
    layout, labels = seen(300)
    kernel, bias = _appearance_axes(layout, labels, 4, seed=1)
    assert kernel.shape == (6, 4) and bias.shape == (4,)
    lengths = np.linalg.norm(kernel, axis=1)
    assert lengths[4:].max() < 0.5 * lengths[:4].mean()
    mean = layout[:, 0].reshape(300, 6).astype(np.float32) @ kernel + bias
    assert mean.mean(axis=0) == pytest.approx(np.zeros(4), abs=0.3)


@pytest.mark.parametrize("photos", [1, 2, 5])
def test_a_few_photos_leave_the_other_axes_empty(photos):
    layout, labels = seen(photos)
    kernel, bias = _appearance_axes(layout, labels, 104, seed=1)
    assert kernel.shape == (6, 104)
    assert np.isfinite(kernel).all() and np.isfinite(bias).all()
    assert not kernel[:, 6:].any() and not bias[6:].any()


def test_cosines_of_shares_stay_when_there_are_axes_enough():
    shares = np.sqrt(np.random.default_rng(1).dirichlet(np.ones(3), size=20))
    axes = _main_axes(shares, 5)
    assert axes.shape == (3, 5)
    turned = shares @ axes
    assert turned @ turned.T == pytest.approx(shares @ shares.T, abs=1e-5)


@pytest.mark.parametrize("kinds", [2, 3])
def test_categories_that_can_be_told_apart_are(kinds):
    rng = np.random.default_rng(1)
    labels = np.arange(60) % kinds
    depths = rng.normal(size=(60, 2, 8)).astype(np.float32)
    depths[..., 0] += 6 * labels[:, None]
    kernel, bias = _regression(depths, labels)
    assert kernel.shape == (8, kinds) and bias.shape == (kinds,)
    assert ((depths[:, 0] @ kernel + bias).argmax(axis=1) == labels).all()


def test_rows_all_alike_have_axes_of_finite_numbers():
    layout = np.ones((4, 2, 6), dtype=np.float16)
    kernel, bias = _appearance_axes(layout, np.array([0, 0, 1, 1]), 3, seed=1)
    assert np.isfinite(kernel).all() and np.isfinite(bias).all()


def test_of_many_photos_each_kind_keeps_its_share():
    labels, rng = np.repeat([0, 1, 2], [600, 399, 1]), np.random.default_rng(1)
    taken = _sample(labels, 100, rng)
    assert np.bincount(labels[taken]).tolist() == [60, 40, 1]
    assert len(set(taken)) == len(taken)
    assert _sample(labels, 1000, rng).tolist() == list(range(1000))
