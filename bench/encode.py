"""Time to encode one photo: decode, resize and network, by runtime.

    python -m bench.encode [--encoder DIR] [--json]

ONNX Runtime on one thread is compared with Keras and with the encoder of the report.
Blocks of calls alternate within one process, so that a busy machine slows all runtimes
alike.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ml.backend import keras
from ml.encoder import RUNTIMES, SHIPPED, Encoder
from ml.preprocess import read_photo, to_input
from ml.serving.networks import (
    open_garment_keras,
    open_garment_onnx,
    open_keras,
    open_onnx,
)

TURNS = 8
BLOCK = 10  # calls a turn; the first of them warm up
WARM_UP = 2
REPORT = SHIPPED.parent / "report"
SIZES = {"400x533": (400, 533), "4032x3024": (4032, 3024)}


def main() -> None:
    options = _parser().parse_args()
    encoder = Encoder.load(options.encoder)
    network = network_times_ms(encoder, Encoder.load(options.report))
    photos = {name: photo_times_ms(encoder, size) for name, size in SIZES.items()}
    ratios = {
        "predict_to_onnx": network["keras predict"] / network["onnx"],
        "traced_to_onnx": network["keras traced"] / network["onnx"],
        "onnx_to_report": network["onnx"] / network["report's onnx"],
    }
    calls = TURNS * (BLOCK - WARM_UP)
    print(f"one photo through {encoder.version}, median of {calls} calls")
    for name, value in network.items():
        print(f"  {name:<16} {value:7.2f} ms")
    print(f"  model.predict takes {ratios['predict_to_onnx']:.0f} times ONNX's time,")
    print(f"  a traced call {ratios['traced_to_onnx']:.1f} times (ONNX: one thread);")
    print(f"  {ratios['onnx_to_report']:.2f} times as long as the report's encoder")
    for name, times in photos.items():
        steps = ", ".join(f"{step} {value:.2f} ms" for step, value in times.items())
        print(f"  JPEG {name}: {steps}")
    if options.json:
        print(json.dumps({"network_ms": network, **ratios, "photos_ms": photos}))


def network_times_ms(encoder: Encoder, report: Encoder) -> dict[str, float]:
    """Return median times from the pixels of one photo to its vector, by runtime.

    For an encoder with a finder: the finder and the network that sees the garment.
    """
    files = {runtime: encoder.folder / name for runtime, name in RUNTIMES.items()}
    model = keras.saving.load_model(files["keras"], compile=False)
    photo = draw_photo(SIZES["400x533"])
    small = to_input(photo, report.input_size)[None]
    reports = open_onnx(report.folder / RUNTIMES["onnx"])
    size = encoder.input_size
    pixels: Any = to_input(photo, size)[None]
    if "finder_size" in encoder.info:
        pixels = {
            "image": to_input(photo, encoder.info["finder_size"])[None],
            "crop": pixels,
            "mask": np.full((1, size // 4, size // 4), 255, np.uint8),
        }
    onnx, traced = (_whole_call(encoder, runtime) for runtime in ("onnx", "keras"))
    return _in_turns(
        {
            "onnx": lambda: onnx(pixels),
            "report's onnx": lambda: reports(small),
            "keras traced": lambda: traced(pixels),
            "keras predict": lambda: model.predict(pixels, verbose=0),
        }
    )


def _whole_call(encoder: Encoder, runtime: str) -> Callable[[Any], object]:
    file = encoder.folder / RUNTIMES[runtime]
    if "finder_size" not in encoder.info:
        return open_onnx(file) if runtime == "onnx" else open_keras(file)
    open_both = open_garment_onnx if runtime == "onnx" else open_garment_keras
    finder, embed = open_both(file)
    return lambda x: (finder(x["image"]), embed(x["crop"], x["mask"]))


def photo_times_ms(encoder: Encoder, size: tuple[int, int]) -> dict[str, float]:
    """Return median times of the steps from a JPEG file to a vector."""
    data = jpeg_bytes(draw_photo(size))
    hint = encoder.decode_side
    image = read_photo(data, max_side=hint)
    return _in_turns(
        {
            "decode": lambda: read_photo(data, max_side=hint),
            "decode in full": lambda: read_photo(data),
            "find": lambda: encoder.find(image),
            "find and encode": lambda: encoder.encode([image]),
        }
    )


def draw_photo(size: tuple[int, int]) -> Image.Image:
    """Return soft noise with a shape on it, which a JPEG decoder finds realistic."""
    grain = Image.effect_noise((256, 256), 40).resize(size, Image.Resampling.BICUBIC)
    shades = [grain.point(lambda v, by=by: v * by // 100) for by in (90, 70, 60)]
    image = Image.merge("RGB", shades)
    width, height = size
    box = (width // 4, height // 6, 3 * width // 4, 5 * height // 6)
    ImageDraw.Draw(image).rectangle(box, fill=(40, 60, 140))
    return image


def jpeg_bytes(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def _in_turns(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, call in ways.items():
            block = []
            for _ in range(BLOCK):
                started = perf_counter()
                call()
                block.append(1000 * (perf_counter() - started))
            times[name] += block[WARM_UP:]
    return {name: median(values) for name, values in times.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.encode",
        description="Time the encoding of one photo, step by step.",
    )
    parser.add_argument("--encoder", type=Path, default=SHIPPED, metavar="DIR")
    parser.add_argument(
        "--report",
        type=Path,
        default=REPORT,
        metavar="DIR",
        help="folder of the encoder to compare with",
    )
    parser.add_argument("--json", action="store_true", help="end with a JSON object")
    return parser


if __name__ == "__main__":
    main()
