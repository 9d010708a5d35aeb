"""From Keras to the files that are served: the same vectors, or no files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml import conversion, export
from ml.backend import keras
from ml.conversion import ExportError, export_encoder, least_cosine, load_keras
from ml.encoder import RUNTIMES, SHIPPED, Encoder
from ml.tests.drawn import SHAPES, draw_photo, write_dataset
from ml.triplets.tests.test_loop import tiny_encoder

# Keras 3.15 on NumPy 2.4: nothing here can mend it.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

PHOTOS = [draw_photo(shape, number) for shape in SHAPES for number in (1, 2)]
INFO = {"recipe": {"name": "small"}, "bands": []}


def test_both_runtimes_give_the_same_vectors(tmp_path):
    network = tiny_encoder()
    card = export_encoder(network, tmp_path, PHOTOS, INFO)
    photos = [draw_photo(shape, 7) for shape in SHAPES]
    onnx, keras_ = (Encoder.load(tmp_path, r) for r in ("onnx", "keras"))
    assert least_cosine(onnx.encode(photos), keras_.encode(photos)) > 0.9999
    assert onnx.version == keras_.version == card["version"]
    assert onnx.sha256 == keras_.sha256
    assert onnx.input_size == 32 and onnx.dimension == 8


def test_the_same_network_has_the_same_weights_hash(tmp_path):
    hashes = [
        export_encoder(tiny_encoder(seed), tmp_path, PHOTOS, INFO)["weights_sha256"]
        for seed in (1, 1, 2)
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_networks_that_disagree_are_not_written(tmp_path, monkeypatch):
    def convert_another(network: keras.Model, file: Path, halved: bool) -> None:
        real(tiny_encoder(seed=2), file, halved)

    real = conversion.convert_to_onnx
    (tmp_path / "encoder.json").write_text("as it was")
    monkeypatch.setattr(conversion, "convert_to_onnx", convert_another)
    with pytest.raises(ExportError, match=r"least cosine.*Nothing was written"):
        export_encoder(tiny_encoder(), tmp_path, PHOTOS, INFO)
    assert [path.name for path in tmp_path.iterdir()] == ["encoder.json"]
    assert (tmp_path / "encoder.json").read_text() == "as it was"


def test_vectors_that_are_no_numbers_are_not_written(tmp_path):
    network = tiny_encoder()
    network.set_weights([w * np.nan for w in network.get_weights()])
    with pytest.raises(ExportError, match="nan"):
        export_encoder(network, tmp_path, PHOTOS, INFO)


def test_there_must_be_photos_to_compare_on(tmp_path):
    with pytest.raises(ExportError, match="no photos"):
        export_encoder(tiny_encoder(), tmp_path, [], INFO)


def test_least_cosine_is_that_of_the_worst_pair():
    ours = np.array([[1.0, 0.0], [1.0, 0.0]])
    theirs = np.array([[2.0, 0.0], [0.6, 0.8]])
    assert least_cosine(ours, theirs) == pytest.approx(0.6)


def test_the_command_exports_a_keras_file(tmp_path, capsys):
    file, out = tmp_path / "mine.keras", tmp_path / "out"
    tiny_encoder().save(file)
    data = write_dataset(tmp_path / "data")
    words = ["--keras", str(file), "--data", str(data), "--out", str(out)]
    assert export.main([*words, "--name", "mine"]) == 0
    encoder = Encoder.load(out)
    assert encoder.version.startswith("mine-")
    assert encoder.info["recipe"] == {"name": "mine", "input_size": 32, "dimension": 8}
    assert "least cosine" in capsys.readouterr().out


def test_a_file_that_is_no_network_is_named(tmp_path):
    file = tmp_path / "text.keras"
    file.write_text("no network")
    with pytest.raises(ExportError, match=r"text\.keras is not a Keras network"):
        load_keras(file)
    image = keras.Input((4, 4, 3))
    keras.Model(image, keras.layers.Conv2D(2, 1)(image)).save(file)
    with pytest.raises(ExportError, match="is not an encoder"):
        load_keras(file)


def test_the_shipped_encoder_is_one_network_in_both_runtimes():
    photos = [draw_photo(shape, number, 300) for shape in SHAPES for number in range(8)]
    onnx, keras_ = (Encoder.load(SHIPPED, runtime) for runtime in ("onnx", "keras"))
    ours, theirs = onnx.encode(photos), keras_.encode(photos)
    assert ours.shape == theirs.shape == (len(photos), 128)
    assert least_cosine(ours, theirs) > 0.9999


def test_the_shipped_files_are_small():
    """The optimizer's state would triple one of them."""
    sizes = [(SHIPPED / name).stat().st_size for name in RUNTIMES.values()]
    assert sum(sizes) < 25e6


def test_large_weights_are_kept_as_float16_where_that_changes_nothing(tmp_path):
    image = keras.Input((16, 16, 3), dtype="uint8")
    wide = keras.layers.Dense(64, name="wide")(keras.layers.Flatten()(image))
    network = keras.Model(image, keras.layers.UnitNormalization()(wide))
    export_encoder(network, tmp_path, PHOTOS, INFO)
    numbers = network.count_params()
    assert (tmp_path / "encoder.onnx").stat().st_size < 2.5 * numbers
    kernel, bias = network.get_layer("wide").get_weights()
    # Now numbers too small for float16 decide.
    kernel = np.zeros_like(kernel)
    kernel[0] = 1e-9 * np.arange(1, 65)
    network.get_layer("wide").set_weights([kernel, bias])
    export_encoder(network, tmp_path, PHOTOS, INFO)
    assert (tmp_path / "encoder.onnx").stat().st_size > 3.5 * numbers
