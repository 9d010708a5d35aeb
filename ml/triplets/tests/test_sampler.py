from __future__ import annotations

import numpy as np
import pytest

from ml.triplets.sampler import TripletSampler

# 40, 2 and 8 photos, mixed, under labels that leave a gap
LABELS = np.random.default_rng(0).permutation(np.repeat([0, 3, 7], [40, 2, 8]))


def test_positive_is_of_the_anchors_category_and_negative_is_not():
    anchor, positive, negative = TripletSampler(LABELS).draw(
        5_000, np.random.default_rng(1)
    )
    assert (LABELS[anchor] == LABELS[positive]).all()
    assert (LABELS[anchor] != LABELS[negative]).all()


def test_a_photo_is_never_its_own_positive():
    anchor, positive, _ = TripletSampler(LABELS).draw(5_000, np.random.default_rng(1))
    assert (anchor != positive).all()


def test_every_category_has_the_same_weight():
    triplets = TripletSampler(LABELS).draw(30_000, np.random.default_rng(1))
    for chosen in triplets:
        shares = [np.mean(LABELS[chosen] == label) for label in (0, 3, 7)]
        assert shares == pytest.approx([1 / 3] * 3, abs=0.02)


def test_every_photo_comes_up_in_every_role():
    triplets = TripletSampler(LABELS).draw(5_000, np.random.default_rng(1))
    assert all(set(chosen) == set(range(len(LABELS))) for chosen in triplets)


def test_the_seed_decides():
    draws = [
        np.concatenate(TripletSampler(LABELS).draw(50, np.random.default_rng(seed)))
        for seed in (1, 1, 2)
    ]
    assert (draws[0] == draws[1]).all()
    assert (draws[0] != draws[2]).any()


def test_a_category_of_one_photo_is_only_ever_negative():
    labels = np.array([0, 0, 0, 1])
    anchor, positive, negative = TripletSampler(labels).draw(
        100, np.random.default_rng(1)
    )
    assert 3 not in anchor and 3 not in positive
    assert (negative == 3).all()


@pytest.mark.parametrize("labels", [[], [0], [0, 0, 0], [0, 1, 2]])
def test_labels_without_a_triplet_are_refused(labels):
    with pytest.raises(ValueError, match="two categories"):
        TripletSampler(np.array(labels, dtype=np.int64))
