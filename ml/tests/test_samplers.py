from __future__ import annotations

import numpy as np
import pytest

from ml.samplers import PairSampler, TripletSampler

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


def pairs_of(labels: list[int], instances: list[int], count: int, views: int = 3):
    sampler = PairSampler(np.array(labels), np.array(instances))
    return [
        sampler.draw(count, views, np.random.default_rng(seed)) for seed in range(50)
    ]


def test_a_batch_has_as_many_photos_of_each_category_and_two_views_of_each():
    labels = np.repeat([0, 1, 2], [20, 6, 3])
    for photos, views in pairs_of(labels.tolist(), list(range(29)), 15):
        first, second = np.split(photos, 2)
        assert (first == second).all()
        assert np.bincount(labels[first]).tolist() == [5, 5, 5]
        assert len(set(first[labels[first] < 2])) == 10  # 3 photos cannot be 5
        assert (np.split(views, 2)[0] != np.split(views, 2)[1]).all()
        assert views.min() >= 0 and views.max() <= 2


def test_the_second_view_may_be_of_another_photo_of_the_product():
    instances = np.array([0, 1, 1, 1, 2])
    drawn = np.hstack(
        [
            np.stack(np.split(pair.photos, 2))
            for pair in pairs_of([0, 0, 0, 1, 1], instances.tolist(), 10)
        ]
    )
    first, second = drawn
    assert (instances[first] == instances[second]).all()
    assert set(second[first == 2]) == {1, 2, 3}


def test_of_many_categories_some_are_drawn_with_a_few_photos_each():
    labels = np.repeat(np.arange(30), 8)
    seen = set()
    for photos, _ in pairs_of(labels.tolist(), list(range(240)), 20):
        counts = np.bincount(labels[photos[:20]], minlength=30)
        assert sorted(counts[counts > 0]) == [5, 5, 5, 5]
        seen |= set(labels[photos])
    assert len(seen) == 30


def test_one_photo_is_a_pair_with_itself():
    for photos, views in pairs_of([4], [9], 10, views=2):
        assert set(photos) == {0}
        assert (np.split(views, 2)[0] != np.split(views, 2)[1]).all()


def test_no_photos_are_no_pairs():
    with pytest.raises(ValueError, match="need a photo"):
        PairSampler(np.empty(0, int), np.empty(0, int))
