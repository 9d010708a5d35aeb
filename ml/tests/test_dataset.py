from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from ml.dataset import (
    DatasetError,
    categories_of,
    load_photos,
    load_splits,
    read_splits,
)
from ml.preprocess import read_photo, to_input
from ml.tests.drawn import SHAPES, draw_photo, write_dataset

SIZE = 16


def names(splits: dict, split: str) -> list[str]:
    return [f"{item.category}/{item.path.name}" for item in splits[split]]


def test_split_folders_are_taken_as_they_are(tmp_path):
    splits = read_splits(write_dataset(tmp_path))
    assert {name: len(items) for name, items in splits.items()} == {
        "train": 18,
        "validation": 9,
        "test": 9,
    }
    assert categories_of(splits["train"]) == SHAPES
    assert names(splits, "train") == sorted(names(splits, "train"))


def test_plain_category_folders_are_split_the_same_way_each_time(tmp_path):
    data = write_dataset(tmp_path, photos=20, splits=False)
    first, again = read_splits(data), read_splits(data)
    assert first == again
    assert [len(first[name]) for name in ("train", "validation", "test")] == [48, 6, 6]
    paths = [item.path for items in first.values() for item in items]
    assert len(paths) == len(set(paths)) == 60


def test_the_split_follows_the_photos_not_their_names(tmp_path):
    one = write_dataset(tmp_path / "one", photos=20, splits=False)
    other = tmp_path / "other"
    for path in one.rglob("*.png"):
        target = other / path.parent.name / f"renamed {path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    renamed = [
        name.replace("renamed ", "") for name in names(read_splits(other), "test")
    ]
    assert renamed == names(read_splits(one), "test")


def test_copies_of_a_photo_stay_on_one_side(tmp_path):
    data = write_dataset(tmp_path, photos=20, splits=False)
    for path in list(data.rglob("*.png")):
        shutil.copy(path, path.with_name(f"copy {path.name}"))
    splits = read_splits(data)  # would raise if a copy were on another side
    assert len(splits["test"]) == 12


def test_a_missing_split_is_taken_out_of_train(tmp_path):
    data = write_dataset(tmp_path, photos=20)
    shutil.rmtree(data / "validation")
    splits = read_splits(data)
    assert [len(splits[name]) for name in ("train", "validation", "test")] == [54, 6, 9]


def test_the_same_photo_in_two_splits_is_refused_by_name(tmp_path):
    data = write_dataset(tmp_path)
    leak = next((data / "train").rglob("*.png"))
    shutil.copy(leak, data / "test" / "ball" / "leak.png")
    with pytest.raises(DatasetError, match=rf"in train \(.*{leak.name}\).*leak\.png"):
        read_splits(data)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"no folder .*nowhere"):
        read_splits(tmp_path / "nowhere")


def test_an_empty_folder_is_explained(tmp_path):
    with pytest.raises(DatasetError, match=r"holds no photos.*one folder"):
        read_splits(tmp_path)


def test_one_category_is_not_enough(tmp_path):
    data = write_dataset(tmp_path)
    for shape in SHAPES[1:]:
        shutil.rmtree(data / "train" / shape)
    with pytest.raises(DatasetError, match="only the category 'ball'"):
        read_splits(data)


def test_a_category_with_one_photo_is_named(tmp_path):
    data = write_dataset(tmp_path)
    for path in sorted((data / "train" / "bar").iterdir())[1:]:
        path.unlink()
    with pytest.raises(DatasetError, match="'bar' has one photo"):
        read_splits(data)


def test_hidden_files_and_stray_files_are_left_out(tmp_path):
    data = write_dataset(tmp_path)
    (data / "train" / "ball" / ".DS_Store").write_bytes(b"x")
    (data / "train" / "list.txt").write_text("x")
    (data / "train" / ".cache").mkdir()
    assert len(read_splits(data)["train"]) == 18


def test_pixels_are_those_of_the_one_path(tmp_path):
    items = read_splits(write_dataset(tmp_path))["train"]
    photos = load_photos(items, SHAPES, SIZE)
    assert (photos.pixels.shape, photos.pixels.dtype) == ((18, SIZE, SIZE, 3), np.uint8)
    assert [photos.categories[label] for label in photos.labels] == [
        item.category for item in items
    ]
    expected = to_input(read_photo(items[5].path), SIZE)
    assert (photos.pixels[5] == expected).all()


def test_unreadable_photos_are_named_skipped_and_counted(tmp_path, capsys):
    data = write_dataset(tmp_path)
    broken = data / "train" / "bar" / "broken.jpg"
    broken.write_text("not a photo")
    photos = load_splits(read_splits(data), ["train"], SIZE)["train"]
    assert len(photos) == 18
    assert broken not in photos.paths
    assert [path for path, _ in photos.skipped] == [broken]
    told = capsys.readouterr().err
    assert f"skipped {broken}" in told
    assert "skipped 1 of 19 photos of train" in told


def test_a_category_left_with_one_readable_photo_is_named(tmp_path):
    data = write_dataset(tmp_path)
    for path in sorted((data / "train" / "bar").iterdir())[1:]:
        path.write_text(f"not a photo: {path.name}")
    with pytest.raises(DatasetError, match="'bar' has 1 readable"):
        load_splits(read_splits(data), ["train"], SIZE)


def test_a_category_unknown_to_train_is_not_measured_on(tmp_path):
    data = write_dataset(tmp_path)
    (data / "test" / "ring").mkdir()
    draw_photo("ball", 999).save(data / "test" / "ring" / "999.png")
    assert len(load_splits(read_splits(data), ["test"], SIZE)["test"]) == 9


def test_no_photos_give_empty_arrays():
    photos = load_photos([], SHAPES, SIZE)
    assert photos.pixels.shape == (0, SIZE, SIZE, 3)
    assert len(photos) == 0


def test_split_names_do_not_depend_on_the_place(tmp_path: Path):
    here = read_splits(write_dataset(tmp_path / "a", photos=20, splits=False))
    there = read_splits(write_dataset(tmp_path / "b", photos=20, splits=False))
    assert names(here, "validation") == names(there, "validation")


def with_products(folder: Path) -> Path:
    """Twenty products of a category, three photos each, in folders of their own."""
    number = 0
    for shape in SHAPES:
        for product in range(20):
            target = folder / shape / f"P{product}"
            target.mkdir(parents=True)
            for _ in range(3):
                number += 1
                draw_photo(shape, number).save(target / f"{number}.png")
    return folder


def test_photos_of_a_product_are_one_instance_and_stay_on_one_side(tmp_path):
    splits = read_splits(with_products(tmp_path / "data"))
    assert [len(splits[n]) for n in ("train", "validation", "test")] == [144, 18, 18]
    sides = [{(i.category, i.product) for i in items} for items in splits.values()]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 60
    photos = load_photos(splits["test"], SHAPES, SIZE)
    assert np.bincount(photos.instances).tolist() == [3] * 6


def test_products_that_share_a_photo_stay_together(tmp_path):
    data = with_products(tmp_path / "data")
    for product in range(19):  # each has a photo of the next
        first = next((data / "ball" / f"P{product + 1}").iterdir())
        shutil.copy(first, data / "ball" / f"P{product}" / f"copy {first.name}")
    splits = read_splits(data)  # would raise if a copy were on another side
    balls = [[i for i in items if i.category == "ball"] for items in splits.values()]
    assert sorted(map(len, balls)) == [0, 0, 79]


def test_photos_without_a_product_are_instances_of_their_own(tmp_path):
    photos = load_photos(read_splits(write_dataset(tmp_path))["train"], SHAPES, SIZE)
    assert sorted(photos.instances) == list(range(18))


def test_categories_can_be_left_out_and_labels_keep_their_meaning(tmp_path):
    photos = load_photos(read_splits(write_dataset(tmp_path))["train"], SHAPES, SIZE)
    rest = photos.without(["bar"])
    assert len(rest) == len(rest.pixels) == len(rest.instances) == 12
    assert {rest.categories[label] for label in rest.labels} == {"ball", "block"}
    assert photos.without([]) is photos
