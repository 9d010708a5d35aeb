from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml import model_card
from ml.encoder import SHIPPED
from ml.model_card import CARD, END, REPORT, START, figures_of, fill

CATEGORY = {"queries": 372, "gallery": 3068, "recall@1": 0.9512, "mAP": None}
ROWS = {"recall@1": 0.961, "recall@10": 0.99}
LOOK = {"share@10": 0.3, "chance": 0.2, "lift": 1.5}


def evaluation(version: str) -> dict[str, Any]:
    return {
        "encoder": version,
        "category": CATEGORY,
        "triplets_in_order": {"train": 0.99, "validation": 0.98, "test": 0.9871},
        "instance": {"photos": 713, "first": ROWS, "harder": ROWS},
        "studio": {
            "photos": 372,
            "recall@1": 0.9,
            "mAP": 0.8,
            "own photo recall@1": 0.7,
        },
        "mistakes": {
            "recall@1": {"dress": 0.9},
            "most_frequent": [
                {"asked": "dress", "found": "skirt", "photos": 2, "of": 20}
            ],
        },
        "alike": {
            "queries": 370,
            "grade": {"first 8": 1.9, "chance": 1.4, "best": 2.6},
        },
        "very_similar": {"grade": 2.3},
        "placed": {"half size": {"kept": 0.84, "right category": 0.91}},
        "without_garment": {"text": 0.02},
        "refused": 0.0,
        "looks": {"colour": LOOK, "background": LOOK},
        "bands": [{"name": "similar", "precision": None, "found": 0.0}],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One that stands for both encoders."""
    pair = {"kinds": ["hat", "shoes"], "queries": 40, "gallery": 300}
    shares = {"split": 0.9, "each_among_all": 0.8}
    files: dict[str, Any] = {
        "encoder.json": {
            "version": "fashion-1",
            "input_size": 224,
            "dimension": 128,
            "recipe": {"name": "fashion"},
            "seed": 1,
            "data": {"name": "photos", "photos": {"train": 3068, "test": 372}},
            "training_s": 1230,
            "parity": {"least_cosine": 0.99999},
            "command": "python -m ml.train --recipe fashion",
            "calibration": [
                {
                    "name": "similar",
                    "distance": 0.2,
                    "target_precision": 0.8,
                    "precision": 0.81,
                    "found": 0.7,
                }
            ],
        },
        "evaluation.json": evaluation("fashion-1"),
        "kinds.json": {
            "split": "test",
            "steps": 25,
            "pairs": [pair | {"trained": shares, "untrained": shares}],
            "mean": {"trained": shares, "untrained": shares, "points": {"split": 3.2}},
        },
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    return tmp_path


def test_figures_come_from_the_files(folder):
    figures = figures_of(folder, folder)
    for text in (
        "| version | fashion-1 |",
        "3,068 train, 372 test",
        "| grade | 1.900 | 1.400 | 2.600 |",
        "| very similar: grade | 2.300 | - | - |",
        "| half size | 0.840 | 0.910 |",
        "that get a product: text 0.020.",
        "| recall@1 | 0.951 | 0.951 |",
        "| mAP | - | - |",
        "| triplets in order, test photos | 0.987 |",
        "| instance recall@1, harder row | 0.961 |",
        "| unseen kinds, points over ImageNet features | +3.2 |",
        "| dress | 0.900 |",
        "skirt for dress (2 of 20)",
        "(trained for 25 steps an epoch",
        "| hat and shoes | 40 against 300 | 0.900 |",
        "0.300 / 0.200 = 1.50",
        "| similar | 0.2000 | 0.8 | 0.810, 0.700 | -, 0.000 |",
    ):
        assert text in figures


def test_only_what_stands_between_the_marks_is_written(folder, tmp_path, capsys):
    card = tmp_path / "card.md"
    card.write_text(f"Before\n{START}\nold\n{END}\nAfter\n")
    words = ["--encoder", str(folder), "--beside", str(folder), "--card", str(card)]
    assert model_card.main(words) == 0
    text = card.read_text()
    assert text.startswith(f"Before\n{START}\n\n|") and text.endswith(f"{END}\nAfter\n")
    assert "old" not in text
    assert model_card.main(words) == 0
    assert card.read_text() == text
    assert "unchanged" in capsys.readouterr().out


def test_a_card_without_marks_is_a_sentence(folder, tmp_path, capsys):
    card = tmp_path / "card.md"
    card.write_text("no marks")
    words = ["--encoder", str(folder), "--beside", str(folder), "--card", str(card)]
    assert model_card.main(words) == 1
    assert "The card lacks the line" in capsys.readouterr().err
    assert card.read_text() == "no marks"


def test_missing_figures_name_the_command_that_makes_them(folder):
    (folder / "evaluation.json").unlink()
    with pytest.raises(
        model_card.UserError, match=r"figures\.json of python -m ml\.evaluate"
    ):
        figures_of(folder, folder)


def test_kinds_that_were_not_measured_are_left_out(folder):
    (folder / "kinds.json").unlink()
    assert "not trained on" not in figures_of(folder, folder)


def test_the_card_says_what_the_shipped_files_say():
    """After shipping another encoder: python -m ml.model_card."""
    card = CARD.read_text()
    assert fill(card, figures_of(SHIPPED, REPORT)) == card


@pytest.mark.parametrize("folder", [SHIPPED, REPORT])
def test_the_evaluation_kept_is_of_the_network_beside_it(folder):
    version = json.loads((folder / "encoder.json").read_text())["version"]
    assert json.loads((folder / "evaluation.json").read_text())["encoder"] == version
