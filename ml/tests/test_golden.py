"""The shipped encoder on drawn photos: vectors that may not move unnoticed.

A new Pillow or ONNX Runtime that decodes, resizes or computes otherwise moves every
query away from an index made before it. After shipping another network write the
vectors anew: python -m ml.tests.test_golden
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.encoder import SHIPPED, Encoder
from ml.preprocess import read_photo
from ml.tests.drawn import SHAPES, draw_photo

GOLDEN = Path(__file__).with_name("golden.json")


def pictures() -> dict[str, Image.Image]:
    """Through the same path as a shop's photos, enlarged and reduced."""
    drawn = {
        f"{shape} of {side}": draw_photo(shape, 1, side)
        for shape in SHAPES
        for side in (96, 1100)
    }
    return {name: _through_files(image, name) for name, image in drawn.items()}


def _through_files(image: Image.Image, name: str) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "PNG" if "96" in name else "JPEG", quality=95)
    return read_photo(file.getvalue(), max_side=256)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load(SHIPPED)


def test_vectors_of_the_shipped_encoder_have_not_moved(encoder):
    golden = json.loads(GOLDEN.read_text())
    assert golden["encoder"] == encoder.version, "python -m ml.tests.test_golden"
    drawn = pictures()
    assert list(golden["vectors"]) == list(drawn)
    vectors = encoder.encode(list(drawn.values()))
    cosines = (vectors * np.array(list(golden["vectors"].values()))).sum(axis=1)
    assert cosines.min() > 0.999, dict(zip(drawn, cosines, strict=True))


def test_the_pictures_are_far_enough_apart_to_tell(encoder):
    """The test above could not fail if all vectors were the same."""
    vectors = encoder.encode([draw_photo(shape, 1) for shape in SHAPES])
    cosines = vectors @ vectors.T
    assert cosines[np.triu_indices(3, k=1)].max() < 0.99


def test_the_shipped_encoder_says_how_it_was_made(encoder):
    info = encoder.info
    assert info["recipe"]["name"] == "fashion"
    assert (encoder.input_size, encoder.dimension) == (160, 128)
    assert info["data"]["photos"] == {"train": 3068, "validation": 341, "test": 372}
    assert info["command"].startswith("python -m ml.train --recipe fashion")
    assert info["parity"]["least_cosine"] >= 0.9999


def test_the_reports_encoder_reaches_what_the_report_states():
    """Shipped beside it, for the report's tables and as what ours is timed against."""
    report = Encoder.load(SHIPPED.with_name("report"))
    assert report.info["recipe"]["name"] == "report"
    figures = report.info["metrics"]
    assert figures["train"]["triplets_in_order"] >= 0.975
    assert figures["test"]["recall@1"] >= 0.85


def test_bands_are_three_ascending_distances(encoder):
    names = [name for name, _ in encoder.bands]
    limits = [limit for _, limit in encoder.bands]
    assert names == ["same item", "very similar", "similar"]
    assert limits == sorted(limits)
    assert 0 < limits[-1] < 2


def _write_golden() -> None:
    encoder = Encoder.load(SHIPPED)
    drawn = pictures()
    vectors = encoder.encode(list(drawn.values()))
    rows = ",\n".join(
        f'    "{name}": {[round(float(v), 4) for v in vector]}'
        for name, vector in zip(drawn, vectors, strict=True)
    )
    text = f'{{\n  "encoder": "{encoder.version}",\n  "vectors": {{\n{rows}\n  }}\n}}\n'
    GOLDEN.write_text(text)


if __name__ == "__main__":
    _write_golden()
