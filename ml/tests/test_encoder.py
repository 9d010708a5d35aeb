"""Loading an encoder and its behaviour, on a network small enough to draw here."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from ml.encoder import WHOLE_PICTURE, Encoder, EncoderError, Part

SIZE = 4


def write_encoder(folder: Path, **overrides: object) -> Path:
    """An encoder whose vector is the mean colour, scaled to unit length."""
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["mean"], keepdims=0),
        helper.make_node("LpNormalization", ["mean"], ["vector"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "mean_colour",
        [
            helper.make_tensor_value_info(
                "image", TensorProto.UINT8, ["n", SIZE, SIZE, 3]
            )
        ],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["n", 3])],
        [helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2])],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9
    )
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "encoder.onnx"
    onnx.save(model, file)
    info = {
        "version": "mean-colour",
        "dimension": 3,
        "input_size": SIZE,
        "sha256": {"onnx": hashlib.sha256(file.read_bytes()).hexdigest(), "keras": "0"},
        "bands": [["same item", 0.1], ["very similar", 0.2], ["similar", 0.4]],
    } | overrides
    (folder / "encoder.json").write_text(json.dumps(info))
    return folder


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    return Encoder.load(write_encoder(tmp_path / "encoder"))


def test_it_knows_what_encoder_json_says(encoder):
    assert (encoder.version, encoder.dimension, encoder.input_size) == (
        "mean-colour",
        3,
        SIZE,
    )
    assert encoder.bands[0] == ("same item", 0.1)
    assert encoder.info["sha256"]["onnx"] == encoder.sha256
    assert encoder.folder.name == "encoder"


def test_vectors_are_float32_of_unit_length_in_order(encoder):
    colours = [(255, 0, 0), (0, 255, 0), (30, 40, 0)]
    vectors = encoder.encode([Image.new("RGB", (9, 7), colour) for colour in colours])
    assert vectors.dtype == np.float32
    assert np.allclose(vectors, [[1, 0, 0], [0, 1, 0], [0.6, 0.8, 0]], atol=1e-6)


def test_more_photos_than_a_batch(encoder):
    photos = [Image.new("RGB", (4, 4), (255, i, 0)) for i in range(70)]
    together = encoder.encode(photos)
    one_by_one = np.concatenate([encoder.encode([photo]) for photo in photos])
    assert together.shape == (70, 3)
    assert np.allclose(together, one_by_one, atol=1e-6)


def test_no_photos_give_no_vectors(encoder):
    vectors = encoder.encode([])
    assert (vectors.shape, vectors.dtype) == ((0, 3), np.float32)


@pytest.mark.parametrize(
    ("distance", "name"),
    [(0.0, "same item"), (0.1, "same item"), (0.15, "very similar"), (0.41, None)],
)
def test_a_distance_falls_in_the_closest_band(encoder, distance, name):
    assert encoder.band(distance) == name


@pytest.mark.parametrize("name", ["encoder.json", "encoder.onnx"])
def test_a_missing_file_is_named(tmp_path, name):
    folder = write_encoder(tmp_path)
    (folder / name).unlink()
    with pytest.raises(EncoderError, match=f"{name} does not exist.*ml.train"):
        Encoder.load(folder)


def test_a_damaged_file_is_refused(tmp_path):
    folder = write_encoder(tmp_path)
    with (folder / "encoder.onnx").open("ab") as file:
        file.write(b"!")
    with pytest.raises(EncoderError, match=r"encoder\.onnx is damaged"):
        Encoder.load(folder)


@pytest.mark.parametrize("text", ["", "{not json", "[]", "7", '{"version": "x"}'])
def test_a_broken_description_is_refused(tmp_path, text):
    folder = write_encoder(tmp_path)
    (folder / "encoder.json").write_text(text)
    with pytest.raises(EncoderError, match=r"encoder\.json"):
        Encoder.load(folder)


PARTS = {
    "kind": {"start": 0, "stop": 1, "weight": 0.7},
    "colour": {"start": 1, "stop": 3, "weight": 0.3},
}


def test_the_vector_may_have_named_parts_with_bands_and_colours(tmp_path):
    encoder = Encoder.load(
        write_encoder(
            tmp_path,
            parts=PARTS,
            part_bands={"colour": 0.2},
            colours={"light-blue": [[1, 0], [0.6, 0.8]]},
        )
    )
    assert encoder.parts["colour"] == Part(1, 3, 0.3)
    assert encoder.part_bands == {"colour": 0.2}
    assert np.allclose(encoder.colours["light blue"], [[1, 0], [0.6, 0.8]])


def test_an_encoder_may_have_no_parts_and_no_finder(encoder):
    assert (encoder.parts, encoder.part_bands, encoder.colours) == ({}, {}, {})
    assert encoder.find(Image.new("RGB", (9, 7))) == WHOLE_PICTURE


@pytest.mark.parametrize(
    "overrides",
    [
        {"parts": PARTS | {"kind": {"start": 0, "stop": 2, "weight": 0.7}}},
        {"parts": PARTS | {"kind": {"start": 0, "stop": 1, "weight": 0.5}}},
        {"parts": PARTS | {"kind": {"start": 0, "stop": 1, "weight": float("nan")}}},
        {"parts": PARTS | {"colour": {"start": 1, "stop": 2, "weight": 0.3}}},
        {"parts": PARTS, "part_bands": {"cut": 0.1}},
        {"parts": PARTS, "colours": {"red": [[1, 0, 0]]}},
        {"parts": PARTS, "colours": {"red": [[1, 1]]}},
        {"colours": {"red": [[1, 0]]}},
    ],
)
def test_parts_that_do_not_fit_the_vector_are_refused(tmp_path, overrides):
    with pytest.raises(EncoderError, match="do not fit the vector"):
        Encoder.load(write_encoder(tmp_path, **overrides))


def test_an_unknown_runtime_names_the_known_ones(tmp_path):
    with pytest.raises(EncoderError, match="onnx or keras"):
        Encoder.load(write_encoder(tmp_path), runtime="torch")


def test_serving_needs_no_tensorflow(tmp_path):
    """In a process of its own: the tests beside this one may import it."""
    folder = write_encoder(tmp_path)
    code = (
        "import sys; from pathlib import Path; from PIL import Image;"
        "from ml.encoder import Encoder;"
        "assert 'onnxruntime' not in sys.modules;"
        f"Encoder.load(Path({str(folder)!r})).encode([Image.new('RGB', (5, 5))]);"
        "found = {'tensorflow', 'keras', 'django'} & set(sys.modules);"
        "sys.exit(f'imported: {found}' if found else 0)"
    )
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


def test_a_colour_is_as_far_away_as_its_nearest_shade(tmp_path):
    parts = {"cut": {"start": 0, "stop": 1, "weight": 0.36}}
    parts["colour"] = {"start": 1, "stop": 3, "weight": 0.64}
    colours = {"light-blue": [[1, 0], [0.6, 0.8]], "red": [[0, 1]]}
    encoder = Encoder.load(write_encoder(tmp_path, parts=parts, colours=colours))
    vectors = np.array([[0.6, 0.8, 0], [0.6, 0, 0.8]], np.float32)
    found = encoder.colour_distances(vectors)
    assert found["light blue"] == pytest.approx([0, 0.2], abs=1e-6)
    assert found["red"] == pytest.approx([1, 0], abs=1e-6)


def test_an_encoder_without_parts_names_no_colours(encoder):
    assert encoder.colour_distances(np.ones((1, 3), np.float32)) == {}
