"""Folders of photos -> lists of files by split -> arrays of pixels.

A data folder holds either `train/`, `validation/` and `test/`, each with one folder
of photos a category, or the category folders themselves. A folder within a category
folder holds the photos of one product. What is missing of validation and test is
taken out of train, 10 % each, by a hash of the photos: the same photos every time,
before anything is shuffled, copies of a photo and photos of a product together.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml.errors import UserError
from ml.preprocess import PhotoError, read_photo, to_input

SPLITS = ("train", "validation", "test")
HELD_OUT_SHARE = 0.1


class DatasetError(UserError):
    """The folder cannot be trained on; the text says what to change."""


@dataclass(frozen=True)
class PhotoFile:
    """One file, the category its folder names, and the product if it is in one's."""

    path: Path
    category: str
    product: str | None = None


@dataclass(frozen=True)
class Photos:
    """One split, decoded. All arrays share their first axis, N photos."""

    pixels: np.ndarray  # (N, size, size, 3) uint8 RGB 0..255
    labels: np.ndarray  # (N,) int64, indices into `categories`
    categories: tuple[str, ...]
    paths: tuple[Path, ...]
    instances: np.ndarray  # (N,) int64, the same for photos of one product
    skipped: tuple[tuple[Path, str], ...] = field(default=())

    def __len__(self) -> int:
        return len(self.paths)

    def rows_without(self, categories: Sequence[str]) -> np.ndarray:
        """(M,) int64, where the photos of all other categories are."""
        left_out = [self.categories.index(name) for name in categories]
        return np.flatnonzero(~np.isin(self.labels, left_out))

    def without(self, categories: Sequence[str]) -> Photos:
        """The photos of all other categories; labels mean what they meant."""
        rows = self.rows_without(categories)
        if len(rows) == len(self):
            return self
        return replace(
            self,
            pixels=self.pixels[rows],
            labels=self.labels[rows],
            paths=tuple(self.paths[i] for i in rows),
            instances=self.instances[rows],
        )


def read_splits(data: Path) -> dict[str, list[PhotoFile]]:
    """List the photos of every split. Raises DatasetError."""
    if not data.is_dir():
        raise DatasetError(f"There is no folder {data}.")
    if not (data / "train").is_dir():
        splits = {"train": _list_photos(data)}
    else:
        splits = {
            name: _list_photos(data / name) for name in SPLITS if (data / name).is_dir()
        }
    _check_trainable(splits["train"], data)
    if missing := [name for name in SPLITS if name not in splits]:
        splits |= _hold_out(splits["train"], missing)
    _check_disjoint(splits)
    return splits


def load_photos(
    items: list[PhotoFile], categories: Iterable[str], size: int, words: str = "photos"
) -> Photos:
    """Decode a split once, on all cores; unreadable photos are left out, named."""
    order = {name: index for index, name in enumerate(categories)}
    with ThreadPoolExecutor() as pool:
        results = list(
            tqdm(
                pool.map(lambda item: _pixels_or_reason(item.path, size), items),
                total=len(items),
                desc=f"reading {words}",
                unit="photo",
            )
        )
    good = [i for i, result in enumerate(results) if not isinstance(result, str)]
    skipped = tuple(
        (item.path, result)
        for item, result in zip(items, results, strict=True)
        if isinstance(result, str)
    )
    pixels = [results[i] for i in good]
    empty = np.empty((0, size, size, 3), dtype=np.uint8)
    return Photos(
        pixels=np.stack(pixels) if pixels else empty,  # type: ignore[arg-type]
        labels=np.array([order[items[i].category] for i in good], dtype=np.int64),
        categories=tuple(order),
        paths=tuple(items[i].path for i in good),
        instances=_instances([items[i] for i in good]),
        skipped=skipped,
    )


def _instances(items: Sequence[PhotoFile]) -> np.ndarray:
    """A number for each garment: a product's photos share it, others have their own."""
    numbers: dict[tuple[str, str], int] = {}
    keys = [(item.category, item.product or str(item.path)) for item in items]
    found = [numbers.setdefault(key, len(numbers)) for key in keys]
    return np.array(found, dtype=np.int64)


def load_splits(
    splits: Mapping[str, list[PhotoFile]], names: Sequence[str], size: int
) -> dict[str, Photos]:
    """Decode the named splits; say on stderr which photos could not be read."""
    categories = categories_of(splits["train"])
    loaded = {}
    for name in names:
        # A category to measure on but not to train on could not be scored.
        items = [item for item in splits[name] if item.category in categories]
        loaded[name] = load_photos(items, categories, size, name)
        for path, reason in loaded[name].skipped:
            print(f"skipped {path}: {reason}", file=sys.stderr)
        if skipped := len(loaded[name].skipped):
            words = f"skipped {skipped} of {len(items)} photos of {name}"
            print(words, file=sys.stderr)
        if name == "train":
            _check_enough(loaded[name])
    return loaded


def categories_of(items: list[PhotoFile]) -> tuple[str, ...]:
    return tuple(sorted({item.category for item in items}))


def _check_enough(photos: Photos) -> None:
    """Every category needs a pair once the unreadable photos are gone."""
    counts = np.bincount(photos.labels, minlength=len(photos.categories))
    for name, count in zip(photos.categories, counts, strict=True):
        if count < 2:
            raise DatasetError(
                f"The category {name!r} has {count} readable photo(s) to train on; "
                "a triplet needs two. Add photos or take the folder out."
            )


def _pixels_or_reason(path: Path, size: int) -> np.ndarray | str:
    try:
        return to_input(read_photo(path, max_side=2 * size), size)
    except (PhotoError, OSError) as error:
        return str(error)


def _list_photos(folder: Path) -> list[PhotoFile]:
    """Files of each category folder, in an order that is the same everywhere."""
    items = []
    for category in _visible(folder):
        if not category.is_dir():
            continue
        for path in _visible(category):
            if path.is_dir():
                found = [file for file in _visible(path) if file.is_file()]
                items += [PhotoFile(file, category.name, path.name) for file in found]
            elif path.is_file():
                items.append(PhotoFile(path, category.name))
    return items


def _visible(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if not p.name.startswith("."))


def _check_trainable(items: list[PhotoFile], data: Path) -> None:
    names = categories_of(items)
    if not names:
        raise DatasetError(
            f"{data} holds no photos. Wanted: one folder a category with photos in "
            "it, or train/, validation/ and test/ with such folders."
        )
    if len(names) == 1:
        raise DatasetError(
            f"{data} has only the category {names[0]!r}. A triplet needs a photo of "
            "another category: at least two folders with photos."
        )
    for name in names:
        paths = [item.path for item in items if item.category == name]
        if len(paths) == 1:
            raise DatasetError(
                f"The category {name!r} has one photo ({paths[0]}). A triplet needs "
                "two of a category: add photos or take the folder out."
            )


def _hold_out(train: list[PhotoFile], names: list[str]) -> dict[str, list[PhotoFile]]:
    """Take a share of each category out of train for each of the named splits.

    A category too small to give any up and keep two photos stays whole.
    """
    by_category: dict[str, dict[str, list[PhotoFile]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for item in train:
        by_category[item.category][photo_digest(item.path)].append(item)
    splits: dict[str, list[PhotoFile]] = {"train": [], **{name: [] for name in names}}
    for copies in map(_join_products, by_category.values()):
        order = sorted(copies)
        share = math.floor(len(order) * HELD_OUT_SHARE + 0.5)
        start = 0
        for name in names:
            splits[name] += [
                i for key in order[start : start + share] for i in copies[key]
            ]
            start += share
        splits["train"] += [i for key in order[start:] for i in copies[key]]
    return {name: sorted(items, key=lambda i: i.path) for name, items in splits.items()}


def _join_products(copies: Mapping[str, list[PhotoFile]]) -> dict[str, list[PhotoFile]]:
    """Groups of copies -> groups that share no product, under their least digest."""
    groups: dict[str, list[PhotoFile]] = {}
    group_of: dict[str, str] = {}  # product -> key of its group
    for digest in sorted(copies):
        items = list(copies[digest])
        products = {item.product for item in items if item.product}
        joined = sorted({group_of[name] for name in products if name in group_of})
        key = joined[0] if joined else digest
        items = [item for other in joined for item in groups.pop(other)] + items
        groups[key] = items
        group_of |= {item.product: key for item in items if item.product}
    return groups


def _check_disjoint(splits: dict[str, list[PhotoFile]]) -> None:
    """No photo in two splits, not even as a copy under another name."""
    seen: dict[str, tuple[str, Path]] = {}
    for split, items in splits.items():
        for item in items:
            other, path = seen.setdefault(photo_digest(item.path), (split, item.path))
            if other != split:
                raise DatasetError(
                    f"The same photo is in {other} ({path}) and in {split} "
                    f"({item.path}). Take one of them out: figures on photos seen in "
                    "training say nothing."
                )


def photo_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
