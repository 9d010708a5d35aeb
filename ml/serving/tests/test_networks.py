"""Encode the garments of a picture, with a finder that sees one colour."""

from __future__ import annotations

import numpy as np
import pytest

from ml.serving.networks import GarmentNetwork
from ml.serving.tests.test_garments import SIZE, finder, photo

ONE = photo((100, 100, 199, 219))
TWO = photo((20, 30, 119, 200), (180, 250, 279, 380))


def embed(crops: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Mean colour and share of the mask, which tell the crops apart."""
    shares = masks.reshape(len(masks), -1).mean(axis=1, keepdims=True)
    return np.hstack([crops.mean(axis=(1, 2)), shares]).astype(np.float32)


@pytest.fixture
def looks() -> list[int]:
    return []


@pytest.fixture
def network(looks: list[int]) -> GarmentNetwork:
    def counted(pixels: np.ndarray) -> list[np.ndarray]:
        looks.append(len(pixels))
        return finder(pixels)

    return GarmentNetwork(counted, embed, SIZE, input_size=80, dimension=4)


@pytest.mark.parametrize("picture", [ONE, TWO], ids=["one", "two"])
def test_the_finder_looks_once_at_a_picture(network, looks, picture):
    network.find(picture)
    needed = len(looks)
    looks.clear()
    network.encode_garments(picture)
    assert len(looks) == needed


def test_one_garment_has_the_vector_of_its_picture(network):
    finding, vectors = network.encode_garments(ONE)
    assert finding == network.find(ONE)
    assert vectors == pytest.approx(network.encode([ONE]))


def test_each_of_two_garments_has_a_vector_of_its_own(network):
    finding, vectors = network.encode_garments(TWO)
    assert finding == network.find(TWO)
    assert vectors.shape == (len(finding.garments), 4) == (2, 4)
    assert np.abs(vectors[0] - vectors[1]).max() > 1
    whole = network.encode([TWO])[0]
    assert (vectors[:, 3] > whole[3]).all()  # more of its own crop is garment


def test_a_picture_without_a_garment_has_no_vector(network):
    finding, vectors = network.encode_garments(photo())
    assert finding.garments == ()
    assert vectors.shape == (0, 4) and vectors.dtype == np.float32


def test_what_is_seen_comes_with_the_vectors_at_one_look(network, looks):
    seen = network.encode_seen([ONE, photo()])
    assert looks[0] == 2
    assert seen.vectors == pytest.approx(network.encode([ONE, photo()]))
    assert seen.pixels.shape == (2, 80, 80, 3) and seen.masks.shape == (2, 20, 20)
    assert seen.found.tolist() == [True, False]
