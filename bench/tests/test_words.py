import numpy as np
import pytest

from bench.words.queries import make_queries, ndcg

LABELS = {
    f"test/{path}.jpg": {"kind": kind, "pattern": pattern, "colour1": colour}
    for path, kind, pattern, colour in [
        ("shoes/1", "sneaker", "plain", "navy"),
        ("shoes/2", "sneaker", "plain", "black"),
        ("shoes/3", "heel", "plain", "red"),
        ("dress/4", "dress", "floral", "red"),
        ("dress/5", "dress", "floral", "red"),
        ("dress/6", "dress", "plain", "white"),
    ]
}


def test_queries_name_what_people_saw_in_at_least_two_photos():
    queries = {
        each.words: each for each in make_queries(LABELS, {"dress"}.__contains__)
    }
    assert queries["red floral dress"].relevant == {
        "test/dress/4.jpg",
        "test/dress/5.jpg",
    }
    # People mix up black and navy.
    assert len(queries["navy sneakers"].relevant) == 2
    assert not queries.keys() & {"heels", "white dress", "red shoes"}
    assert (queries["dress"].unseen, queries["sneakers"].unseen) == (False, True)


def test_queries_are_the_same_each_time():
    known = {"dress"}.__contains__
    assert make_queries(LABELS, known) == make_queries(LABELS, known)


@pytest.mark.parametrize(
    ("found", "relevant", "gain"),
    [
        ([True, False], 1, 1.0),
        ([False, True], 1, 0.63),
        ([True, False, True], 2, 0.92),
        ([], 3, 0.0),
        ([True] * 10, 40, 1.0),
    ],
)
def test_ndcg_of_cases_worked_by_hand(found, relevant, gain):
    assert ndcg(np.array(found, bool), relevant) == pytest.approx(gain, abs=0.01)
