from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from ml.measure.bands import (
    Shown,
    as_json,
    calibrate,
    check,
    close_pairs,
    threshold,
)
from ml.measure.labels import Labels
from ml.measure.pixel_features import PixelFeatures


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


def shown(vectors: np.ndarray, names: np.ndarray, **others: object) -> Shown:
    """Photos that differ in colour and pattern as they do in category."""
    places = np.unique(names, return_inverse=True)[1]
    colours = np.stack([40.0 * places] * 3, axis=1)
    features = PixelFeatures(colours, 4.0 ** (1 + places), colours)
    senders = np.full(len(names), "", dtype=str)
    return Shown(vectors, Labels(names.astype(str), senders, features, **others))


def clusters(spread: float) -> tuple[Shown, np.ndarray, Shown]:
    """Three categories of twenty, a view of each photo close to it, and a shop."""
    rng = np.random.default_rng(0)
    names = np.repeat(np.arange(3), 20)
    photos, gallery = (
        np.eye(3)[names] + rng.normal(size=(60, 3)) * spread for _ in range(2)
    )
    views = photos + rng.normal(size=(60, 3)) * spread / 50
    photos, gallery, views = (
        x / np.linalg.norm(x, axis=1, keepdims=True) for x in (photos, gallery, views)
    )
    return shown(photos, names), views, shown(gallery, names)


def test_bands_ascend_and_hold_what_they_state():
    photos, views, gallery = clusters(0.3)
    bands = calibrate(photos, views, gallery)
    assert [band.name for band in bands] == ["same item", "very similar", "similar"]
    limits = [band.distance for band in bands]
    assert limits == sorted(limits)
    same, _, similar = bands
    everything = np.concatenate([photos.vectors, gallery.vectors])
    found = 1 - views @ everything.T <= same.distance
    own = np.eye(60, 120, dtype=bool)
    assert found[own].sum() / found.sum() >= same.target_precision
    close = 1 - photos.vectors @ gallery.vectors.T <= similar.distance
    names = photos.labels.categories
    alike = (names[:, None] == gallery.labels.categories[None])[close]
    assert alike.mean() >= similar.target_precision


def test_a_closer_band_never_reaches_further():
    """Where categories mix but views stay close, the closest band is cut off."""
    photos, views, gallery = clusters(0.3)
    names = np.arange(60) % 2  # nothing to do with where the photos lie
    mixed = shown(photos.vectors, names), views, shown(gallery.vectors, names)
    limits = [band.distance for band in calibrate(*mixed)]
    assert limits == sorted(limits)


def test_the_same_item_must_hold_among_the_other_photos_of_the_shop():
    """Others that lie where the views do leave less room for "same item"."""
    photos, views, gallery = clusters(0.3)
    alone = calibrate(photos, views, gallery)
    crowd = shown(views, photos.labels.categories)
    crowded = calibrate(photos, views, crowd)
    assert crowded[0].distance < alone[0].distance


def test_very_similar_asks_for_more_than_similar():
    """Colour, kind and pattern, not one of them: told by labels where there are any."""
    photos, views, gallery = clusters(0.3)
    looks = {
        "kinds": np.array(["a", "b"] * 30),
        "patterns": np.array(["plain"] * 60),
        "colours": (np.array(["red"] * 60), np.array([""] * 60)),
    }
    asked, around = (
        shown(s.vectors, s.labels.categories, **looks) for s in (photos, gallery)
    )
    _, very, similar = calibrate(asked, views, around)
    assert very.distance < similar.distance
    assert very.precision is None or very.precision >= 0.75


def test_photos_of_one_sender_make_no_pair():
    photos, _, gallery = clusters(0.3)
    senders = np.array(["1"] * 60)
    known = [
        Shown(s.vectors, dataclasses.replace(s.labels, senders=senders))
        for s in (photos, gallery)
    ]
    assert len(close_pairs(photos, gallery)[0]) == 3600
    assert len(close_pairs(*known)[0]) == 0


def test_json_holds_the_pairs_and_how_they_came_about():
    pairs, how = as_json(calibrate(*clusters(0.2)))
    assert [name for name, _ in pairs] == ["same item", "very similar", "similar"]
    assert json.loads(json.dumps(how))[2]["target_precision"] == 0.85


def test_bands_are_checked_by_the_measure_they_were_chosen_by():
    """What calibrate states of its own photos, check finds on them again."""
    photos, views, gallery = clusters(0.3)
    bands = calibrate(photos, views, gallery)
    limits = [(band.name, band.distance) for band in bands]
    same, _, similar = zip(bands, check(limits, photos, views, gallery), strict=True)
    for band, found in (same, similar):  # the one between may have been cut off
        # The limit is rounded down, so that a pair may be missed.
        assert found["precision"] == pytest.approx(band.precision, abs=0.1)
        assert found["found"] == pytest.approx(band.found, abs=0.1)


def test_a_band_nothing_falls_in_has_no_precision():
    (found,) = check([("similar", -1.0)], *clusters(0.3))
    assert np.isnan(found["precision"]) and found["found"] == 0
