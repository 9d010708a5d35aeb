import numpy as np
import pytest

from search.query.ranking import fuse_ranks, move_target
from search.query.start import ProductVector


def unit(*values: float) -> np.ndarray:
    vector = np.zeros(128, np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def test_likes_and_dislikes_move_by_rocchio():
    right, up, down = unit(1, 0), unit(0, 1), unit(0, -1)
    assert move_target(None, [], []) is None
    liked = move_target(right, [ProductVector(1, 1, up)], [])
    assert liked.measure_from == pytest.approx(unit(1, 0.75))
    assert liked.order_by is liked.measure_from
    both = move_target(
        right,
        [ProductVector(1, 1, up), ProductVector(2, 2, up)],
        [ProductVector(3, 3, down)],
    )
    assert both.measure_from == pytest.approx(unit(1, 0.75))
    assert both.order_by == pytest.approx(unit(1, 1.25))
    only = move_target(None, [], [ProductVector(3, 3, down)])
    assert only.measure_from is None and only.order_by == pytest.approx(up)


def test_lists_are_fused_by_reciprocal_rank():
    assert fuse_ranks([1, 2, 3], []) == [1, 2, 3]
    assert fuse_ranks([1, 2, 3], [3]) == [3, 1, 2]
    assert fuse_ranks([1, 2], [2, 1]) == [1, 2]  # equals as the first has them
    assert fuse_ranks(range(100), [99, 200]) == [99, 0, 1, 200, *range(2, 99)]
