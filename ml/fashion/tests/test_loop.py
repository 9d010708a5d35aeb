"""Train the parts above the frozen blocks; resume after a kill."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ml.backend import tf
from ml.errors import TrainingError
from ml.fashion import loop
from ml.fashion.batches import ViewSource
from ml.fashion.loop import Stage, train_parts, tune
from ml.fashion.network import (
    Parts,
)
from ml.fashion.tests.small import SMALL, WARNINGS, same, tiny_parts
from ml.tests.drawn import SHAPES

pytestmark = [*WARNINGS, pytest.mark.usefixtures("eager")]


def fit(sources: list[ViewSource], file: Path, **changes: float) -> tuple[Parts, list]:
    recipe = dataclasses.replace(SMALL, **changes)
    parts = tiny_parts(recipe)
    train, held_out = sources
    return parts, train_parts(parts, Stage(train, recipe), held_out, file)


@pytest.fixture(scope="module")
def whole(
    sources: list[ViewSource], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Parts, list]:
    """A training that was not interrupted; its parts are not to be changed."""
    return fit(sources, tmp_path_factory.mktemp("whole") / "state.npz")


def test_the_loss_falls_and_the_lower_part_stays(whole):
    before = tiny_parts()
    after, history = whole
    assert [epoch.epoch for epoch in history] == [1, 2]
    assert history[-1].train < history[0].train
    assert all(math.isfinite(epoch.validation) for epoch in history)
    pairs = zip(before.lower.get_weights(), after.lower.get_weights(), strict=True)
    assert all((ours == theirs).all() for ours, theirs in pairs)
    assert not same(before, after)


def test_the_weights_kept_are_an_average(whole, sources, tmp_path):
    averaged, expected = fit(sources, tmp_path / "one.npz", averaging=0.5)
    last, history = fit(sources, tmp_path / "two.npz", averaging=0.0)
    assert history == expected and not same(averaged, last)


def test_the_seed_decides_the_whole_training(whole, sources, tmp_path):
    one, first = whole
    other, again = fit(sources, tmp_path / "1.npz")
    assert first == again and same(one, other)
    assert fit(sources, tmp_path / "2.npz", seed=2, epochs=1)[1][0] != first[0]


def test_a_mixed_batch_has_mixed_labels_and_unmixed_colours(sources):
    source = sources[0]
    plain = source.draw(SMALL, [0, 1])
    mixed = source.draw(SMALL, [0, 1], mixing=0.4)
    assert (plain.colours.numpy() == mixed.colours.numpy()).all()
    assert (plain.shares["colour"].numpy() == mixed.shares["colour"].numpy()).all()
    shares = mixed.shares["category"].numpy()
    assert shares.sum(axis=1) == pytest.approx(1)
    assert ((shares.max(axis=1) < 1) & (shares.max(axis=1) >= 0.5)).any()
    assert (plain.activations.numpy() != mixed.activations.numpy()).any()


@contextmanager
def killed_at(step: int, stream: int = 0) -> Iterator[None]:
    draw = ViewSource.draw

    def killed(self, recipe, numbers, mixing=0.0):
        if numbers == [stream, step]:
            raise KeyboardInterrupt
        return draw(self, recipe, numbers, mixing)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ViewSource, "draw", killed)
        with pytest.raises(KeyboardInterrupt):
            yield


@pytest.mark.parametrize("cut", [3, 7])
def test_a_killed_training_resumes_to_the_same_weights(
    whole, sources, tmp_path, monkeypatch, cut
):
    uninterrupted, expected = whole
    monkeypatch.setattr(loop, "SAVE_EVERY", 2)
    with killed_at(cut):
        fit(sources, tmp_path / "cut.npz")
    resumed, history = fit(sources, tmp_path / "cut.npz")
    assert history == expected
    assert same(resumed, uninterrupted)


def tuned(sources: list[ViewSource], scratch: Path) -> tuple[Parts, list]:
    parts = tiny_parts()
    return parts, tune(parts, *sources, SMALL, scratch)


@pytest.fixture(scope="module")
def tuning(
    sources: list[ViewSource], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Parts, list, Path]:
    """Several tunings that were not interrupted; nothing of it is to be changed."""
    scratch = tmp_path_factory.mktemp("tuning")
    return *tuned(sources, scratch), scratch


def test_the_mean_of_several_tunings_is_kept(tuning, sources):
    parts, history, scratch = tuning
    assert [epoch.epoch for epoch in history] == [1, 1]
    assert history[0].train != history[1].train
    ends = []
    for number in (1, 2):  # each alone, from its checkpoint
        other = tiny_parts()
        stage = Stage(sources[0], SMALL.tuning, 1 + number)
        train_parts(other, stage, sources[1], scratch / f"tuning-{number}.npz")
        ends.append(other.trained_weights())
    one, two = ends
    assert any((a != b).any() for a, b in zip(one, two, strict=True))
    for mean, a, b in zip(parts.trained_weights(), one, two, strict=True):
        assert mean == pytest.approx((a + b) / 2)


def test_a_killed_tuning_resumes_to_the_same_weights(
    tuning, sources, tmp_path, monkeypatch
):
    uninterrupted, expected, _ = tuning
    monkeypatch.setattr(loop, "SAVE_EVERY", 2)
    with killed_at(4, stream=3):
        tuned(sources, tmp_path)
    resumed, history = tuned(sources, tmp_path)
    assert history == expected
    assert same(resumed, uninterrupted)


def test_a_nan_loss_keeps_the_last_good_weights(sources, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "SAVE_EVERY", 2)
    draw = ViewSource.draw

    def spoilt(self, recipe, stream, mixing=0.0):
        batch = draw(self, recipe, stream, mixing)
        if stream == [0, 5]:
            batch = batch._replace(activations=batch.activations * np.float32("nan"))
        return batch

    monkeypatch.setattr(ViewSource, "draw", spoilt)
    file = tmp_path / "state.npz"
    with pytest.raises(TrainingError, match=r"nan at step 5\. The weights of step 4"):
        fit(sources, file)
    with np.load(file) as kept:
        assert all(np.isfinite(kept[name]).all() for name in kept if name[0] == "v")
    monkeypatch.setattr(ViewSource, "draw", draw)
    _, history = fit(sources, file, learning_rate=0.001)  # resumes after step 4
    assert len(history) == SMALL.epochs


def test_training_needs_no_validation_photos(sources, tmp_path):
    train_source, held_out = sources
    nobody = dataclasses.replace(
        held_out, photos=held_out.photos.without(SHAPES), rows=np.empty(0, int)
    )
    tf.config.run_functions_eagerly(False)  # traced once, as outside the tests
    _, history = fit([train_source, nobody], tmp_path / "state.npz", epochs=1)
    tf.config.run_functions_eagerly(True)
    assert math.isnan(history[0].validation)
