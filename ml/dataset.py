"""List the photos of category folders by split and decode them.

A data folder holds `train/`, `validation/` and `test/`, each with one folder of photos
for each category, or only the category folders. A folder within a category folder holds
the photos of one product. A missing validation or test split is taken out of train,
10 % each, by a hash of the photos. The choice is the same every time, and copies of a
photo and photos of a product stay together.
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
    """The folder cannot be trained on; the message says what to change."""


@dataclass(frozen=True)
class PhotoFile:
    """A photo file, the category of its folder, and the product if it has a folder."""

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
    instances: np.ndarray  # (N,) int64, equal for photos of one product
    skipped: tuple[tuple[Path, str], ...] = field(default=())

    def __len__(self) -> int:
        return len(self.paths)

    def rows_without(self, categories: Sequence[str]) -> np.ndarray:
        """Return (M,) int64, the indices of the photos of all other categories."""
        left_out = [self.categories.index(name) for name in categories]
        return np.flatnonzero(~np.isin(self.labels, left_out))

    def without(self, categories: Sequence[str]) -> Photos:
        # `categories` stays the same, so labels keep their meaning.
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
    """Decode a split on all cores; list unreadable photos in `skipped`.

    With `size` 0 no pixels are kept.
    """
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
    """Return (N,) int64: a product's photos share a number, others have their own."""
    numbers: dict[tuple[str, str], int] = {}
    keys = [(item.category, item.product or str(item.path)) for item in items]
    found = [numbers.setdefault(key, len(numbers)) for key in keys]
    return np.array(found, dtype=np.int64)


def load_splits(
    splits: Mapping[str, list[PhotoFile]], names: Sequence[str], size: int
) -> dict[str, Photos]:
    categories = categories_of(splits["train"])
    loaded = {}
    for name in names:
        # A category without train photos could not be scored.
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
    # Unreadable photos may have left a category without a pair.
    counts = np.bincount(photos.labels, minlength=len(photos.categories))
    for name, count in zip(photos.categories, counts, strict=True):
        if count < 2:
            raise DatasetError(
                f"The category {name!r} has {count} readable photo(s) to train on and "
                "needs two. Add photos or remove the folder."
            )


def _pixels_or_reason(path: Path, size: int) -> np.ndarray | str:
    try:
        image = read_photo(path, max_side=max(1, 2 * size))
        return to_input(image, size) if size else np.empty((0, 0, 3), np.uint8)
    except (PhotoError, OSError) as error:
        return str(error)


def _list_photos(folder: Path) -> list[PhotoFile]:
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
    # Sorted, because file systems list files in different orders.
    return sorted(p for p in folder.iterdir() if not p.name.startswith("."))


def _check_trainable(items: list[PhotoFile], data: Path) -> None:
    names = categories_of(items)
    if not names:
        raise DatasetError(
            f"{data} holds no photos. It needs one folder of photos for each "
            "category, or train/, validation/ and test/ with such folders."
        )
    if len(names) == 1:
        raise DatasetError(
            f"{data} has only the category {names[0]!r}. Training "
            "needs at least two categories: add another folder with photos."
        )
    for name in names:
        paths = [item.path for item in items if item.category == name]
        if len(paths) == 1:
            raise DatasetError(
                f"The category {name!r} has one photo ({paths[0]}) and needs two. "
                "Add photos or remove the folder."
            )


def _hold_out(train: list[PhotoFile], names: list[str]) -> dict[str, list[PhotoFile]]:
    """Move a share of each category from train to each of the named splits.

    Leave a category whole if it would keep fewer than two photos.
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
    """Merge groups of copies that share a product, under their least digest."""
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
    seen: dict[str, tuple[str, Path]] = {}
    for split, items in splits.items():
        for item in items:
            other, path = seen.setdefault(photo_digest(item.path), (split, item.path))
            if other != split:
                raise DatasetError(
                    f"The same photo is in {other} ({path}) and in {split} "
                    f"({item.path}). Remove one of them: figures on photos used in "
                    "training mean nothing."
                )


def photo_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
