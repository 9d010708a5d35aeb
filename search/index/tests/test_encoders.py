import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.encoder import EncoderError
from search.index import encoders
from search.index.encoders import network_of, open_network, register
from search.index.partitions import partition_exists
from search.models import Encoder
from search.tests.networks import sha256, write_network


def test_the_networks_of_the_tests_can_be_loaded(tmp_path):
    network = open_network(write_network(tmp_path, "a"))
    noise = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    vectors = network.encode([Image.fromarray(noise)] * 3)
    assert vectors.shape == (3, 128)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_another_dimension_is_refused(tmp_path):
    with pytest.raises(EncoderError, match=r"vectors of 64 numbers.*holds 128"):
        open_network(write_network(tmp_path, "a", dimension=64))


def test_vectors_that_are_not_of_unit_length_are_refused(tmp_path):
    with pytest.raises(EncoderError, match="unit length"):
        open_network(write_network(tmp_path, "a", unit=False))


def test_a_file_without_a_network_is_refused(tmp_path):
    write_network(tmp_path, "a")
    file = tmp_path / "encoder.onnx"
    file.write_bytes(b"not a network")
    info = json.loads((tmp_path / "encoder.json").read_text())
    info["sha256"]["onnx"] = sha256(file)
    (tmp_path / "encoder.json").write_text(json.dumps(info))
    with pytest.raises(EncoderError, match="does not run"):
        open_network(tmp_path)


@pytest.mark.parametrize("name", ["encoder.json", "encoder.onnx"])
def test_a_missing_file_is_named(tmp_path, name):
    write_network(tmp_path, "a")
    (tmp_path / name).unlink()
    with pytest.raises(EncoderError, match=f"{name} does not exist"):
        open_network(tmp_path)


@pytest.mark.django_db
def test_registering_twice_makes_one_row(tmp_path):
    network = open_network(write_network(tmp_path, "a"))
    first, second = register(network), register(network)
    assert first == second
    assert first.state == "loading"
    assert first.metrics == {"seed": 1}
    assert partition_exists(first.pk)


@pytest.mark.django_db
def test_registering_again_keeps_the_state(tmp_path, monkeypatch):
    network = open_network(write_network(tmp_path, "a"))
    encoder = register(network)
    save = Encoder.save

    def save_late(self, **options):
        Encoder.objects.filter(pk=encoder.pk).update(state="ready")
        save(self, **options)

    monkeypatch.setattr(Encoder, "save", save_late)
    register(network)
    encoder.refresh_from_db()
    assert encoder.state == "ready"


@pytest.mark.django_db
def test_files_that_moved_are_found_at_their_new_place(tmp_path):
    encoder = register(open_network(write_network(tmp_path / "old", "a")))
    (tmp_path / "old").rename(tmp_path / "new")
    register(open_network(tmp_path / "new"))
    encoder.refresh_from_db()
    assert Path(encoder.folder) == tmp_path / "new"


@pytest.mark.django_db
def test_a_version_cannot_be_two_networks(tmp_path):
    register(open_network(write_network(tmp_path / "one", "a", seed=1)))
    with pytest.raises(EncoderError, match="another `version`"):
        register(open_network(write_network(tmp_path / "two", "a", seed=2)))
    assert Encoder.objects.get(version="a").folder == str(tmp_path / "one")


@pytest.mark.django_db
def test_changed_files_are_refused(tmp_path):
    encoder = register(open_network(write_network(tmp_path, "a", seed=1)))
    write_network(tmp_path, "a", seed=2)
    with pytest.raises(EncoderError, match="encoder add DIR"):
        network_of(encoder)


@pytest.mark.django_db
def test_a_process_keeps_two_networks_at_most(tmp_path, monkeypatch):
    monkeypatch.setattr(encoders, "_networks", {})
    a, b, c = (
        register(open_network(write_network(tmp_path / name, name))) for name in "abc"
    )
    kept = network_of(a)
    assert network_of(a) is kept
    network_of(b)
    network_of(a)
    network_of(c)
    assert [version for version, _ in encoders._networks] == ["a", "c"]
    assert network_of(a) is kept
