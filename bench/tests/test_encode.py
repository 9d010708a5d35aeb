from __future__ import annotations

import json

import pytest
from PIL import Image

from bench import encode


def test_it_ends_with_one_json_object(monkeypatch, capsys):
    monkeypatch.setattr(encode, "TURNS", 1)
    monkeypatch.setattr(encode, "BLOCK", 3)
    monkeypatch.setattr(encode, "SIZES", {"400x533": (400, 533), "90x120": (90, 120)})
    monkeypatch.setattr("sys.argv", ["bench.encode", "--json"])
    encode.main()
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    network = result["network_ms"]
    ways = {"onnx", "report's onnx", "keras traced", "keras predict"}
    assert set(network) == ways
    assert result["predict_to_onnx"] == pytest.approx(
        network["keras predict"] / network["onnx"]
    )
    assert result["onnx_to_report"] == pytest.approx(
        network["onnx"] / network["report's onnx"]
    )
    assert set(result["photos_ms"]) == {"400x533", "90x120"}
    assert {"decode", "find", "find and encode"} <= set(result["photos_ms"]["400x533"])


def test_drawn_photos_are_as_hard_to_decode_as_real_ones():
    """Plain colour would decode in no time and flatter every figure."""
    photo = encode.draw_photo((400, 533))
    plain = Image.new("RGB", photo.size, "navy")
    assert len(encode.jpeg_bytes(photo)) > 5 * len(encode.jpeg_bytes(plain))
