"""Compute views of every photo and run them through the frozen part of the network.

Finder and lower blocks of MobileNetV2 take most of the time of a step and are not
trained. Their output is computed once for each view and kept on disk, 13 KB a view,
mapped into memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from tqdm import tqdm

from ml.fashion.augmentation import SIDE, augmented_view
from ml.fashion.backgrounds import on_other_background
from ml.fashion.network import VISIBLE
from ml.finder.pictures import COVERED, with_mask
from ml.preprocess import read_photo
from ml.serving.garments import FINE, MARGIN, MASK_SCALE, Look, Sight, crop, look
from ml.serving.networks import open_session

MAX_VIEWS = 100_000  # 1.3 GB; a large catalogue keeps fewer views of each photo
AT_ONCE = 4  # views in a call of the network; progress is saved every 16 times as many
NAMES = ("activations", "weights", "colours")

SHOWN = (0.0, VISIBLE, VISIBLE, VISIBLE, 0.5)  # of the ground in a view
MARGINS = (0.02, 0.16)  # of a crop by a given mask
WRONG = 9  # pixels of FINE, twice what a given mask is made too large or too small
UNSHARP = (1.5, 6.0)  # the same pixels

# Crops (N, size, size, 3), masks (N, size / 4, size / 4) and what is visible of the
# ground (N, 1), uint8, to the three arrays of NAMES, (N, ...) float32
Frozen = Callable[[np.ndarray, np.ndarray, np.ndarray], Sequence[np.ndarray]]


@dataclass(frozen=True)
class Views:
    """V views of each of N photos, float16; view 0 is the unchanged photo."""

    activations: np.ndarray  # (N, V, height, width, channels), input of `upper`
    weights: np.ndarray  # (N, V, height, width, 1), of the activations
    colours: np.ndarray  # (N, V, shades)

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.activations, self.weights, self.colours

    @property
    def each(self) -> int:
        return self.activations.shape[1]


@dataclass(frozen=True)
class ViewMaker:
    """What turns photos into the arrays of `Views`."""

    finder: Look
    frozen: Frozen
    finder_size: int
    input_size: int
    other_grounds: float  # share of views, the first excepted, on another background
    seed: int
    masks: Mapping[Path, Path] = field(default_factory=dict)  # instead of the finder's

    def views(self, number: int, paths: Sequence[Path], each: int) -> list[np.ndarray]:
        """Return the arrays of one photo, (V, ...) each."""
        # One generator for each photo, because threads take photos in any order.
        rng = np.random.default_rng([self.seed, number])
        image = read_photo(paths[number], max_side=SIDE)
        given = _given_mask(self.masks.get(paths[number]), image.size)
        if given is None:
            first = look([image], self.finder, self.finder_size)
            garment = _garment(first[0].mask, image.size)
        else:
            first, garment = [_sight(given)], given
        moved = [self._moved(image, garment, paths, rng) for _ in range(each - 1)]
        images = [image, *(view.convert("RGB") for view in moved)]
        if given is None:
            sights = first + look(images[1:], self.finder, self.finder_size)
            margins = [MARGIN] * each
        else:
            loose = [_imprecise(view.getchannel("X"), rng) for view in moved]
            sights = first + [_sight(mask) for mask in loose]
            margins = [MARGIN, *rng.uniform(*MARGINS, each - 1)]
        sizes = [self.input_size] * each
        pairs = map(crop, images, sights, sizes, margins)
        crops, masks = (np.stack(arrays) for arrays in zip(*pairs, strict=True))
        shown = np.array([VISIBLE, *rng.choice(SHOWN, each - 1)])
        visible = (255 * shown[:, None]).round().astype(np.uint8)
        found = []
        for start in range(0, each, AT_ONCE):
            some = slice(start, start + AT_ONCE)
            found.append(self.frozen(crops[some], masks[some], visible[some]))
        return [np.concatenate(arrays) for arrays in zip(*found, strict=True)]

    def _moved(
        self,
        image: Image.Image,
        garment: Image.Image,
        paths: Sequence[Path],
        rng: np.random.Generator,
    ) -> Image.Image:
        if rng.random() < self.other_grounds:
            other = paths[int(rng.integers(len(paths)))]
            ground = read_photo(other, max_side=SIDE // 2)
            image = on_other_background(image, garment, ground, rng)
        return augmented_view(with_mask(image, garment), rng)


def _garment(mask: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """Return the mask at the photo's size, 255 where it is rather sure."""
    values = ((mask - 0.1) / 0.8).clip(0, 1) * 255
    small = Image.fromarray(values.astype(np.uint8))
    return small.resize(size, Image.Resampling.BILINEAR)


def _given_mask(file: Path | None, size: tuple[int, int]) -> Image.Image | None:
    """Return the mask at the photo's size; None if there is none or it is useless."""
    if file is None or not file.is_file():
        return None
    with Image.open(file) as image:
        mask = image.convert("L").resize(size, Image.Resampling.BILINEAR)
    return mask if COVERED[0] <= (np.asarray(mask) > 127).mean() <= COVERED[1] else None


def _imprecise(mask: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the mask a little too large, too small or unsharp, as a finder's are."""
    mask = mask.resize((FINE, FINE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    chance = rng.random()
    if chance < 0.2:
        mask = mask.filter(ImageFilter.MaxFilter(WRONG))
    elif chance < 0.4:
        mask = mask.filter(ImageFilter.MinFilter(WRONG))
    if rng.random() < 0.4:
        mask = mask.filter(ImageFilter.GaussianBlur(rng.uniform(*UNSHARP)))
    return mask


def _sight(mask: Image.Image) -> Sight:
    small = mask.resize((FINE, FINE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return Sight(np.asarray(small, np.float32) / 255, 0.0, 0)


def views_of_each(wanted: int, photos: int) -> int:
    return max(2, min(wanted, MAX_VIEWS // max(1, photos)))


def make_views(
    maker: ViewMaker, paths: Sequence[Path], each: int, folder: Path, words: str
) -> Views:
    """Compute the views that `folder` lacks, and resume interrupted work."""
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "done.json"
    done = json.loads(state.read_text()) if state.is_file() else 0
    arrays = _open_arrays(maker, (len(paths), each), folder, done)

    def make(number: int) -> None:
        found = maker.views(number, paths, each)
        for array, values in zip(arrays, found, strict=True):
            array[number] = values

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


def _open_arrays(
    maker: ViewMaker, shape: tuple[int, int], folder: Path, done: int
) -> list[np.ndarray]:
    files = [folder / f"{name}.npy" for name in NAMES]
    if done:
        return [np.load(file, mmap_mode="r+") for file in files]
    side = maker.input_size
    samples = maker.frozen(
        np.zeros((1, side, side, 3), np.uint8),
        np.zeros((1, *[side // MASK_SCALE] * 2), np.uint8),
        np.zeros((1, 1), np.uint8),
    )
    return [
        np.lib.format.open_memmap(
            file, mode="w+", dtype=np.float16, shape=(*shape, *sample.shape[1:])
        )
        for file, sample in zip(files, samples, strict=True)
    ]


def open_finder_onnx(file: Path) -> Look:
    session = open_session(file)
    return lambda images: session.run(None, {"image": images})


def open_frozen(file: Path) -> Frozen:
    session = open_session(file)
    return lambda crops, masks, visible: session.run(
        None, {"crop": crops, "mask": masks, "visible": visible}
    )
