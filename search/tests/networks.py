"""Small ONNX networks that the shop's own code loads and runs."""

import hashlib
import json
from pathlib import Path

import numpy as np
from onnx import GraphProto, TensorProto, helper, numpy_helper, save

SIZE = 8  # pixels a side
BANDS = [["same item", 0.001], ["very similar", 0.05], ["similar", 0.3]]


def write_network(
    folder: Path,
    version: str,
    *,
    seed: int = 1,
    dimension: int = 128,
    unit: bool = True,
) -> Path:
    """Write an encoder: pixels times a random matrix, to unit length.

    Two of different seeds agree about nothing, not even roughly.
    """
    folder.mkdir(parents=True, exist_ok=True)
    opset = helper.make_opsetid("", 18)
    graph = _graph(_random_matrix(seed, dimension), "unit" if unit else "product")
    file = folder / "encoder.onnx"
    save(helper.make_model(graph, opset_imports=[opset], ir_version=10), file)
    info = {
        "version": version,
        "dimension": dimension,
        "input_size": SIZE,
        "sha256": {"onnx": sha256(file), "keras": "-"},
        "bands": BANDS,
        "metrics": {"seed": seed},
    }
    (folder / "encoder.json").write_text(json.dumps(info))
    return folder


def _random_matrix(seed: int, dimension: int) -> np.ndarray:
    numbers = np.random.default_rng(seed)
    # Squashed, so that distances of one network are not those of another.
    matrix = numbers.normal(size=(SIZE * SIZE * 3, dimension)) / 14
    matrix *= numbers.uniform(0.1, 2, size=dimension)
    return matrix.astype(np.float32)


def _graph(matrix: np.ndarray, output: str) -> GraphProto:
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["float", "scale"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["product"]),
        helper.make_node("LpNormalization", ["product"], ["unit"], axis=1, p=2),
    ]
    pixels, vectors = ["N", SIZE, SIZE, 3], ["N", matrix.shape[1]]
    return helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, pixels)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, vectors)],
        [
            numpy_helper.from_array(np.array(255, np.float32), "scale"),
            numpy_helper.from_array(np.array([-1, SIZE * SIZE * 3]), "shape"),
            numpy_helper.from_array(matrix, "matrix"),
        ],
    )


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
