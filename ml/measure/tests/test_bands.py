from __future__ import annotations

import json

import numpy as np
import pytest

from ml.measure.bands import as_json, calibrate, check, threshold


def test_threshold_is_the_largest_distance_precise_enough():
    """By hand: precision by distance 1, 1, .67, .75, .6; found of 3 right ones."""
    distance = np.array([0.5, 0.1, 0.4, 0.2, 0.3])
    right = np.array([False, True, True, True, False])
    assert threshold(distance, right, 0.9) == (0.2, 1.0, pytest.approx(2 / 3))
    assert threshold(distance, right, 0.75) == (0.4, 0.75, 1.0)
    assert threshold(distance, right, 0.6) == (0.5, 0.6, 1.0)


def test_pairs_at_one_distance_come_in_together():
    distance, right = np.array([0.1, 0.2, 0.2]), np.array([True, True, False])
    assert threshold(distance, right, 0.9)[0] == 0.1


def test_a_target_never_reached_gives_no_distance():
    assert threshold(np.array([0.1, 0.2]), np.array([False, True]), 0.9) == (0, None, 0)
    assert threshold(np.empty(0), np.empty(0, dtype=bool), 0.9) == (0, None, 0)


def clusters(spread: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Three categories of twenty, a view of each photo close to it, no others."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 20)
    photos = np.eye(3)[labels] + rng.normal(size=(60, 3)) * spread
    views = photos + rng.normal(size=(60, 3)) * spread / 50
    photos /= np.linalg.norm(photos, axis=1, keepdims=True)
    views /= np.linalg.norm(views, axis=1, keepdims=True)
    return photos, labels, views, photos[:0]


def test_bands_ascend_and_hold_what_they_state():
    photos, labels, views, others = clusters(0.3)
    bands = calibrate(photos, labels, views, others)
    assert [band.name for band in bands] == ["same item", "very similar", "similar"]
    limits = [band.distance for band in bands]
    assert limits == sorted(limits)
    same, _, similar = bands
    found = 1 - views @ photos.T <= same.distance
    assert found[np.eye(60, dtype=bool)].sum() / found.sum() >= same.target_precision
    i, j = np.triu_indices(60, k=1)
    close = (1 - photos @ photos.T)[i, j] <= similar.distance
    assert np.mean(labels[i][close] == labels[j][close]) >= similar.target_precision


def test_a_closer_band_never_reaches_further():
    """Where categories mix but views stay close, the closest band is cut off."""
    photos, _, views, others = clusters(0.3)
    labels = np.arange(60) % 2  # nothing to do with where the photos lie
    limits = [band.distance for band in calibrate(photos, labels, views, others)]
    assert limits == sorted(limits)


def test_the_same_item_must_hold_among_the_other_photos_of_the_shop():
    """Others that lie where the views do leave less room for "same item"."""
    photos, labels, views, others = clusters(0.3)
    alone = calibrate(photos, labels, views, others)
    crowded = calibrate(photos, labels, views, views[::2])
    assert crowded[0].distance < alone[0].distance
    assert crowded[1:] == alone[1:]


def test_json_holds_the_pairs_and_how_they_came_about():
    pairs, how = as_json(calibrate(*clusters(0.2)))
    assert [name for name, _ in pairs] == ["same item", "very similar", "similar"]
    assert json.loads(json.dumps(how))[2]["target_precision"] == 0.8


def test_bands_are_checked_by_the_measure_they_were_chosen_by():
    """What calibrate states of its own photos, check finds on them again."""
    photos, labels, views, others = clusters(0.3)
    bands = calibrate(photos, labels, views, others)
    limits = [(band.name, band.distance) for band in bands]
    found = check(limits, photos, labels, views, others)
    same, _, similar = found
    assert same["precision"] == pytest.approx(bands[0].precision, abs=0.05)
    assert same["found"] == pytest.approx(bands[0].found, abs=0.05)
    right = within = 0
    for i in range(60):
        for j in range(i):
            if 1 - photos[i] @ photos[j] <= bands[2].distance:
                within += 1
                right += labels[i] == labels[j]
    assert similar["precision"] == pytest.approx(right / within)
    pairs_of_one_category = 3 * 20 * 19 / 2
    assert similar["found"] == pytest.approx(right / pairs_of_one_category)


def test_a_band_nothing_falls_in_has_no_precision():
    (found,) = check([("similar", -1.0)], *clusters(0.3))
    assert np.isnan(found["precision"]) and found["found"] == 0
