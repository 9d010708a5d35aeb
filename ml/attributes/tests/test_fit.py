import numpy as np
import pytest

from ml.attributes.fit import (
    fit_head,
    fit_words,
    least_limit,
    limit_head,
    word_limit,
)
from ml.attributes.names import KINDS, PATTERNS, words_of
from ml.encoder import Encoder
from ml.serving.attributes import NEVER, Attributes, Head, looks_of


def blobs(seed: int, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Return points around three corners, of which the last two lie close together."""
    random = np.random.default_rng(seed)
    corners = np.array([[3, 0, 0], [0, 1, 0], [0, 0.6, 0.3]], np.float32)
    label = random.integers(3, size=count)
    points = corners[label] + random.normal(0, 0.3, (count, 3))
    return points.astype(np.float32), np.array(["far", "near", "nearer"])[label]


@pytest.mark.parametrize(
    ("probabilities", "right", "limit"),
    [
        ([0.9, 0.8, 0.7], [1, 1, 1], 0.7),
        ([0.9, 0.8, 0.7], [1, 1, 0], 0.8),
        ([0.9, 0.8], [0, 0], NEVER),
        ([0.5] + [0.6] * 10, [0] + [1] * 10, 0.5),
    ],
)
def test_the_least_limit_keeps_the_precision(probabilities, right, limit):
    found = least_limit(np.array(probabilities), np.array(right, bool))
    assert found == pytest.approx(limit)


def test_names_are_read_where_they_are_sure():
    head = fit_head(*blobs(1), np.ones(200, bool))
    assert set(head.read(blobs(2)[0])) == {""}  # nothing is sure before limits
    head = limit_head(head, *blobs(2))
    points, names = blobs(3)
    read = np.array(head.read(points))
    sure = read != ""
    assert (read == names)[sure].mean() > 0.85
    assert (read == "far")[names == "far"].mean() > 0.95
    assert not sure.all()


def test_empty_names_do_not_count():
    points, names = blobs(1)
    head = fit_head(points, np.where(names == "far", "", names), np.ones(200, bool))
    assert head.names == ("near", "nearer")


def test_words_stand_for_where_their_photos_lie():
    points, names = blobs(1)
    words, rows, mean = fit_words(points, [{str(name), "all"} for name in names])
    known = dict(zip(words, rows, strict=True))
    looks, promised = looks_of(known["far"][None])
    scores = (points - mean) @ looks
    assert scores[names == "far"].mean() == pytest.approx(promised, rel=0.2)
    texts = [{str(name), "unknown"} for name in names]
    limit = promised * word_limit(points, texts, known, mean)
    assert (scores[names == "far"] > limit).mean() > 0.8
    assert (scores[names != "far"] < limit).all()


def test_files_keep_what_was_fitted(tmp_path):
    head = Head(("a", "b"), np.ones((4, 2), np.float32), np.array([0.5, NEVER]))
    kept = Attributes(
        {"kind": head, "pattern": head}, ("red",), np.eye(1, 3), np.zeros(3), 0.25
    )
    kept.save(tmp_path, "a" * 64)
    loaded = Attributes.load(tmp_path, "a" * 64)
    assert loaded is not None
    assert (loaded.words, loaded.limit) == (("red",), 0.25)
    assert loaded.heads["kind"].names == ("a", "b")
    assert Attributes.load(tmp_path, "b" * 64) is None
    assert Attributes.load(tmp_path / "none", "a" * 64) is None


def test_labels_have_words():
    label = {"kind": "v-neck-tee", "pattern": "striped", "colour1": "light-blue"}
    assert words_of(label, "t-shirt") == {"tshirt", "vneck", "striped", "light", "blue"}
    assert words_of({"kind": "other-hat"}, "hat") == {"hat"}
    assert all(map(str.strip, [*KINDS.values(), *PATTERNS.values()]))


def test_the_shipped_encoder_has_attributes():
    """Fit them again for a new network: python -m ml.attributes --help"""
    attributes = Encoder.load().attributes
    assert attributes is not None
    assert attributes.word_vectors.shape == (len(attributes.words), 128)
    assert {"sneakers", "striped", "hoodie", "denim", "red"} <= set(attributes.words)
