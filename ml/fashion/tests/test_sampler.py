from __future__ import annotations

import numpy as np
import pytest

from ml.fashion.sampler import PairSampler


def pairs_of(
    labels: list[int],
    instances: list[int],
    count: int,
    views: int = 3,
    senders: list[int] | None = None,
):
    known = senders or [-1] * len(labels)
    sampler = PairSampler(np.array(labels), np.array(instances), np.array(known))
    return [
        sampler.draw(count, views, np.random.default_rng(seed)) for seed in range(50)
    ]


def test_a_batch_has_different_photos_and_two_views_of_each():
    for photos, views in pairs_of([0, 1] * 20, list(range(40)), 15):
        first, second = np.split(photos, 2)
        assert (first == second).all()
        assert len(set(first)) == 15
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


def test_photos_of_one_category_and_sender_come_together():
    labels = [0] * 100
    senders = np.arange(100) // 2
    together = {}
    for name, given in (("known", senders.tolist()), ("unknown", None)):
        drawn = pairs_of(labels, list(range(100)), 20, senders=given)
        rooms = [senders[pair.photos[: len(pair.photos) // 2]] for pair in drawn]
        couples = [len(room) - len(set(room)) for room in rooms]
        together[name] = np.mean(couples)
    assert together["known"] > 1.5 * together["unknown"]


def test_one_photo_is_a_pair_with_itself():
    for photos, views in pairs_of([4], [9], 10, views=2):
        assert set(photos) == {0}
        assert (np.split(views, 2)[0] != np.split(views, 2)[1]).all()


def test_no_photos_are_no_pairs():
    none = np.empty(0, int)
    with pytest.raises(ValueError, match="need a photo"):
        PairSampler(none, none, none)
