"""Compute views of every photo and run them through the frozen part of the network.

The lower two thirds of MobileNetV2 take most of the time of a step and are not trained.
Their output is computed once for each view and kept on disk, 30 KB a view, mapped into
memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml.fashion.augmentation import augmented_view
from ml.fashion.backgrounds import on_other_background
from ml.measure.cutout import garment_mask
from ml.preprocess import read_photo, to_input

MAX_VIEWS = 60_000  # 2.6 GB; a large catalogue keeps fewer views of each photo
AT_ONCE = 4  # views in a call of the network; progress is saved every 16 times as many
NAMES = ("activations", "textures", "layout")

# (N, size, size, 3) uint8 -> the three arrays of NAMES, (N, ...) float32
Frozen = Callable[[np.ndarray], Sequence[np.ndarray]]


@dataclass(frozen=True)
class Views:
    """V views of each of N photos, float16; view 0 is the unchanged photo."""

    activations: np.ndarray  # (N, V, height, width, channels), input of `upper`
    textures: np.ndarray  # (N, V, F), pooled by `lower`
    layout: np.ndarray  # (N, 1, ...), layout of view 0 before training

    @property
    def each(self) -> int:
        return self.activations.shape[1]


def views_of_each(wanted: int, photos: int) -> int:
    return max(2, min(wanted, MAX_VIEWS // max(1, photos)))


def make_views(
    frozen: Frozen,
    paths: Sequence[Path],
    size: int,
    each: int,
    other_grounds: float,
    seed: int,
    folder: Path,
    words: str,
) -> Views:
    """Compute the views that `folder` does not hold yet, and resume interrupted work.

    `other_grounds` is the share of views, the first excepted, on another background.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "done.json"
    done = json.loads(state.read_text()) if state.is_file() else 0
    arrays = _open_arrays(frozen, (len(paths), each), size, folder, done)

    def make(number: int) -> None:
        # One generator for each photo, because threads take photos in any order.
        rng = np.random.default_rng([seed, number])
        pixels = _views_of(number, paths, size, each, other_grounds, rng)
        for start in range(0, each, AT_ONCE):
            found = frozen(np.stack(pixels[start : start + AT_ONCE]))
            for array, values in zip(arrays, found, strict=True):
                room = array[number, start : start + AT_ONCE]
                room[:] = values[: len(room)]

    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        tqdm(total=len(paths), desc=f"views of {words}", unit="photo") as bar,
    ):
        bar.update(done)
        for start in range(done, len(paths), 16 * AT_ONCE):
            numbers = range(start, min(start + 16 * AT_ONCE, len(paths)))
            list(pool.map(make, numbers))
            state.write_text(json.dumps(numbers.stop))
            bar.update(len(numbers))
    return Views(*arrays)


def _views_of(
    number: int,
    paths: Sequence[Path],
    size: int,
    each: int,
    other_grounds: float,
    rng: np.random.Generator,
) -> list[np.ndarray]:
    """Return (size, size, 3) uint8 pixels: the photo, then its augmented views."""
    image = read_photo(paths[number], max_side=2 * size)
    pixels = [to_input(image, size)]
    mask = garment_mask(image) if other_grounds else None
    for _ in range(each - 1):
        taken = image
        if mask and rng.random() < other_grounds:
            other = paths[int(rng.integers(len(paths)))]
            ground = read_photo(other, max_side=size)
            taken = on_other_background(image, mask, ground, rng)
        pixels.append(augmented_view(taken, rng, size))
    return pixels


def _open_arrays(
    frozen: Frozen, shape: tuple[int, int], size: int, folder: Path, done: int
) -> list[np.ndarray]:
    files = [folder / f"{name}.npy" for name in NAMES]
    if done:
        return [np.load(file, mmap_mode="r+") for file in files]
    samples = frozen(np.zeros((1, size, size, 3), dtype=np.uint8))
    photos, each = shape
    shapes = [
        (photos, kept, *sample.shape[1:])
        for kept, sample in zip((each, each, 1), samples, strict=True)
    ]
    return [
        np.lib.format.open_memmap(file, mode="w+", dtype=np.float16, shape=wanted)
        for file, wanted in zip(files, shapes, strict=True)
    ]


def frozen_part(file: Path) -> Frozen:
    # One thread for each call, because calls run side by side.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(file), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    return lambda pixels: session.run(None, {name: pixels})
