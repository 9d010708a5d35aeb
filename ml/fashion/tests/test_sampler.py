from __future__ import annotations

import numpy as np
import pytest

from ml.fashion.sampler import PairSampler


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
