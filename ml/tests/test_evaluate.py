"""The whole of ml.evaluate on drawn photos and an encoder that sees mean colours."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml import evaluate
from ml.history import Epoch, read_history, write_history
from ml.tables import table
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


def test_it_prints_the_tables_and_writes_the_pictures(folders, tmp_path, capsys):
    file = tmp_path / "figures.json"
    assert evaluate.main([*words(folders), "--json", str(file)]) == 0
    printed = capsys.readouterr().out
    for title in ("Table 6.1", "Table 6.2", "Table 6.3", "Table 7.1", "Table 7.3"):
        assert title in printed
    for text in ("97.50 %", "under 1 s", "18 of 18", "(18, 3)", "0.1500", "0.1600"):
        assert text in printed
    figures = json.loads(file.read_text())
    assert figures["index"] == {"files": 18, "photos": 18, "dimension": 3}
    assert figures["similarity"]["norms"] == pytest.approx([1, 1], abs=1e-6)
    assert 0 <= figures["instance"]["recall@1"] <= 1
    assert figures["retrieval"]["queries"] == 9
    pictures = {path.name for path in folders["--out"].iterdir()}
    assert pictures == {
        "loss.png",
        "sheet-ball.png",
        "sheet-bar.png",
        "sheet-block.png",
    }
    with Image.open(folders["--out"] / "sheet-bar.png") as sheet:
        assert sheet.width > 900


def test_figures_are_the_same_each_time(folders):
    options = evaluate._parser().parse_args(words(folders))
    first, again = evaluate.run(options), evaluate.run(options)
    for figures in (first, again):
        del figures["query_ms"]
    assert first == again


def test_an_unreadable_photo_is_named_and_not_counted(folders, capsys):
    (folders["--data"] / "train" / "bar" / "broken.jpg").write_text("no photo")
    assert evaluate.main(words(folders)) == 0
    told = capsys.readouterr()
    assert "broken.jpg" in told.err
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


def test_views_keep_the_garment_and_follow_the_seed():
    photo = Image.effect_noise((200, 100), 60).convert("RGB")
    views = [
        evaluate.random_view(photo, np.random.default_rng(seed)) for seed in (1, 1, 2)
    ]
    assert views[0].tobytes() == views[1].tobytes() != views[2].tobytes()
    for view in views:
        assert 0.59 <= view.width / 200 <= 0.91
        assert 0.59 <= view.height / 100 <= 0.91
    one = evaluate.random_view(Image.new("RGB", (1, 1)), np.random.default_rng(1))
    assert one.size == (1, 1)
