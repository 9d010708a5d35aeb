import math

from fashionlens.postgres.replica.lag import LagGauge


def gauge() -> LagGauge:
    """Return one of a primary that wrote 10 bytes at each second from 0 to 20."""
    made = LagGauge(max_lag_s=5)
    for second in range(21):
        made.note_written(second, 10 * second)
    return made


def test_a_replica_that_has_everything_is_not_behind():
    assert gauge().lag_s(200) == 0


def test_a_replica_is_as_old_as_what_it_has_surely_reached():
    assert gauge().lag_s(189) == 2


def test_a_replica_beyond_the_limit_is_of_unknown_age():
    assert gauge().lag_s(150) == 5
    assert gauge().lag_s(149) == math.inf


def test_a_primary_that_writes_nothing_leaves_no_lag():
    made = LagGauge(max_lag_s=5)
    for second in range(21):
        made.note_written(second, 100)
    assert made.lag_s(100) == 0


def test_nothing_is_known_before_the_primary_answers():
    assert LagGauge(5).lag_s(100) == math.inf
