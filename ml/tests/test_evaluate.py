"""The whole of ml.evaluate on drawn photos and an encoder that sees mean colours."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ml import evaluate
from ml.dataset import PhotoFile, read_splits
from ml.encoder import Encoder
from ml.measure.cutout import studio_view
from ml.measure.figures import SEED, mistakes
from ml.measure.gallery import EmbeddedSplit
from ml.measure.history import Epoch, read_history, write_history
from ml.measure.photo_edits import ROWS
from ml.measure.pixel_features import PixelFeatures
from ml.measure.tables import table
from ml.preprocess import read_photo
from ml.tests.drawn import write_dataset
from ml.tests.test_encoder import write_encoder


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    encoder = write_encoder(tmp_path / "encoder")
    write_history(encoder / "history.csv", [Epoch(1, 0.15, 0.16), Epoch(2, 0.1, 0.12)])
    return {
        "--data": write_dataset(tmp_path / "data"),
        "--encoder": encoder,
        "--out": tmp_path / "out",
    }


def words(folders: dict[str, Path]) -> list[str]:
    return [str(word) for pair in folders.items() for word in pair]


def run(folders: dict[str, Path], *more: str) -> dict[str, Any]:
    return evaluate.run(evaluate._parser().parse_args([*words(folders), *more]))


def test_it_prints_the_tables_and_writes_the_pictures(folders, capsys):
    assert evaluate.main([*words(folders), "--json"]) == 0
    printed = capsys.readouterr().out
    for title in ("Table 6.1", "Table 6.2", "Table 6.3", "Table 7.1", "Table 7.3"):
        assert title in printed
    for title in ("Category", "Instance", "What the ten closest share", "Bands"):
        assert title in printed
    for text in ("97.50 %", "under 1 s", "18 of 18", "(18, 3)", "0.1500", "0.1600"):
        assert text in printed
    figures = json.loads(printed.splitlines()[-1])
    assert figures == json.loads((folders["--out"] / "figures.json").read_text())
    assert figures["index"] == {"files": 18, "photos": 18, "dimension": 3}
    assert figures["similarity"]["norms"] == pytest.approx([1, 1], abs=1e-6)
    assert figures["category"]["queries"] == 9
    assert {path.name for path in folders["--out"].iterdir()} == {
        "best.png",
        "figures.json",
        "loss.png",
        "map.png",
        "precision.png",
        "sheet-ball.png",
        "sheet-bar.png",
        "sheet-block.png",
        "worst.png",
    }
    with Image.open(folders["--out"] / "sheet-bar.png") as sheet:
        assert sheet.width > 900


def test_validation_is_measured_without_opening_the_test_photos(folders):
    for path in (folders["--data"] / "test").rglob("*.png"):
        path.write_text("not for choosing by")
    figures = run(folders, "--split", "validation", "--no-pictures")
    assert figures["split"] == "validation"
    assert figures["category"]["queries"] == 9
    assert figures["instance"]["photos"] == 9
    assert "test" not in figures["triplets_in_order"]
    assert [path.name for path in folders["--out"].iterdir()] == ["figures.json"]


def test_a_view_is_looked_for_among_all_photos_not_trained_on(folders):
    """Against a loop: distance of every view to every photo of both splits."""
    figures = run(folders, "--no-pictures", "--views", "2")["instance"]
    assert figures["photos"] == 18 and figures["views_each"] == 2
    encoder = Encoder.load(folders["--encoder"])
    splits = read_splits(folders["--data"])
    items = splits["validation"] + splits["test"]
    gallery = encoder.encode([read_photo(item.path) for item in items])
    for row, view in ROWS.items():
        first = ten = 0
        for seed in (SEED, SEED + 1):
            for place, item in enumerate(items):
                rng = np.random.default_rng([seed, place])
                vector = encoder.encode([view(read_photo(item.path), rng)])[0]
                apart = [1 - float(vector @ other) for other in gallery]
                closer = sum(d < apart[place] for d in apart)
                first += closer < 1
                ten += closer < 10
        expected = {"recall@1": first / 36, "recall@10": ten / 36}
        assert figures[row] == pytest.approx(expected, abs=1 / 36)  # ties


def test_a_garment_on_white_is_looked_for_by_kind_and_as_it_was(folders):
    """Against a loop: the closest train photo, and the closest photo of the split."""
    figures = run(folders, "--no-pictures")["studio"]
    encoder = Encoder.load(folders["--encoder"])
    splits = read_splits(folders["--data"])
    photos = [read_photo(item.path) for item in splits["test"]]
    train = encoder.encode([read_photo(item.path) for item in splits["train"]])
    taken = encoder.encode(photos)
    kind = own = 0
    for place, (item, photo) in enumerate(zip(splits["test"], photos, strict=True)):
        view = studio_view(photo, np.random.default_rng(1))
        vector = encoder.encode([view])[0]
        closest = min(range(len(train)), key=lambda i: 1 - float(vector @ train[i]))
        kind += splits["train"][closest].category == item.category
        own += all(vector @ taken[place] >= vector @ other for other in taken)
    assert figures["photos"] == len(photos) == 9
    assert figures["recall@1"] == pytest.approx(kind / 9, abs=1 / 9)  # ties
    assert figures["own photo recall@1"] == pytest.approx(own / 9, abs=1 / 9)


def test_figures_are_the_same_each_time(folders):
    first, again = run(folders, "--no-pictures"), run(folders, "--no-pictures")
    for figures in (first, again):
        del figures["query_ms"]
    assert first == again


def split_of(*names_and_vectors: tuple[str, list[float]]) -> EmbeddedSplit:
    vectors = np.array([v for _, v in names_and_vectors], dtype=np.float32)
    items = [
        PhotoFile(Path(str(i)), name) for i, (name, _) in enumerate(names_and_vectors)
    ]
    labels, nothing = np.zeros(len(items), int), PixelFeatures.from_images([])
    return EmbeddedSplit(
        items, labels, vectors, nothing, nothing, np.ones(len(items), bool)
    )


def test_mistakes_are_counted_by_category():
    """By hand: of two dresses one finds a skirt, the hat finds a hat."""
    gallery = split_of(("dress", [1, 0]), ("skirt", [0, 1]), ("hat", [-1, 0]))
    asked = split_of(("dress", [0.8, 0.6]), ("dress", [0.6, 0.8]), ("hat", [-0.8, 0.6]))
    assert mistakes(gallery, asked) == {
        "recall@1": {"dress": 0.5, "hat": 1.0},
        "most_frequent": [{"asked": "dress", "found": "skirt", "photos": 1, "of": 2}],
    }


def test_grey_and_tiny_photos_are_measured_like_others(folders):
    target = folders["--data"] / "test" / "ball"
    Image.effect_noise((90, 60), 80).save(target / "grey.png")  # mode L
    Image.new("RGB", (1, 1), "teal").save(target / "tiny.png")
    figures = run(folders)
    assert figures["category"]["queries"] == 11
    assert figures["instance"]["photos"] == 20


def test_another_photo_of_the_product_counts_as_found(folders):
    """Two products with two photos each, as alike as copies: own photo or not."""
    target = folders["--data"] / "test" / "ball"
    for path in target.glob("*.png"):
        path.unlink()
    for product, shade in (("a", 60), ("b", 200)):
        (target / product).mkdir()
        for place, shift in enumerate((0, 1)):
            drawn = Image.new("RGB", (40, 40), (shade + shift, 260 - shade, 9))
            drawn.save(target / product / f"{place}.png")
    for split in ("validation", "test"):
        for shape in ("bar", "block"):
            shutil.rmtree(folders["--data"] / split / shape)
    shutil.rmtree(folders["--data"] / "validation" / "ball")
    found = run(folders, "--no-pictures")["instance"]
    assert found["photos"] == 4
    assert found["first"]["recall@1"] == 1


def test_less_than_one_view_is_refused(folders, capsys):
    with pytest.raises(SystemExit):
        run(folders, "--views", "0")
    assert "must be at least 1" in capsys.readouterr().err


def test_an_unreadable_photo_is_named_and_not_counted(folders, capsys):
    (folders["--data"] / "train" / "bar" / "broken.jpg").write_text("no photo")
    assert evaluate.main(words(folders)) == 0
    told = capsys.readouterr()
    assert "broken.jpg" in told.err
    assert "skipped 1 of 19 photos of train" in told.err
    assert "18 of 19" in told.out


def test_an_encoder_without_a_history_prints_dashes(folders, capsys):
    (folders["--encoder"] / "history.csv").unlink()
    assert evaluate.main(words(folders)) == 0
    assert not (folders["--out"] / "loss.png").exists()


def test_no_data_folder_is_a_sentence(folders, monkeypatch, capsys):
    monkeypatch.delenv("FASHIONLENS_DATA", raising=False)
    del folders["--data"]
    assert evaluate.main(words(folders)) == 1
    assert "--data DIR" in capsys.readouterr().err


def test_the_data_folder_may_come_from_the_environment(folders, monkeypatch):
    monkeypatch.setenv("FASHIONLENS_DATA", str(folders.pop("--data")))
    assert evaluate.main(words(folders)) == 0


def test_a_missing_encoder_is_a_sentence(folders, capsys):
    folders["--encoder"] = folders["--encoder"] / "elsewhere"
    assert evaluate.main(words(folders)) == 1
    assert "encoder.json does not exist" in capsys.readouterr().err


def test_history_comes_back_as_written(tmp_path):
    epochs = [Epoch(1, 0.125, 0.25), Epoch(2, 0.0625, 0.5)]
    write_history(tmp_path / "history.csv", epochs)
    assert read_history(tmp_path / "history.csv") == epochs
    assert read_history(tmp_path / "none.csv") == []


def test_unknown_figures_are_dashes():
    lines = table("T", [("what", None, "1"), ("longer words", "2", None)]).splitlines()
    assert lines[-2].split() == ["what", "-", "1"]
    assert lines[-1].split() == ["longer", "words", "2", "-"]
