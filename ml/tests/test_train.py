"""Errors in arguments and data, which ml.train reports before it loads TensorFlow."""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from ml import export, train
from ml.command import command_line
from ml.dataset import load_splits, read_splits
from ml.errors import ConfigError
from ml.measure.encoder_info import describe_data
from ml.recipes import RECIPES, Recipe
from ml.tests.drawn import write_dataset
from ml.train_options import chosen_recipe, make_parser


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert train.main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith("ml.train: ")
    assert len(error.splitlines()) == 1  # a sentence, not a traceback
    return error


def test_a_missing_data_folder_is_one_sentence(tmp_path, capsys):
    words = ["--data", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]
    assert "nowhere" in refused(words, capsys)
    assert not (tmp_path / "out").exists()


def test_no_data_folder_names_the_variable(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("FASHIONLENS_DATA", raising=False)
    assert "FASHIONLENS_DATA" in refused(["--out", str(tmp_path)], capsys)


@pytest.mark.parametrize(
    "words",
    [
        ["--epochs", "0"],
        ["--steps", "-1"],
        ["--batch", "0"],
        ["--margin", "0", "--recipe", "report"],
        ["--margin", "nan", "--recipe", "report"],
        ["--views", "1"],
        ["--other-grounds", "1.1"],
        ["--category-weight", "-1"],
        ["--appearance-weight", "0"],
        ["--frozen-blocks", "5"],
        ["--frozen-blocks", "10"],
        ["--dropout", "1"],
        ["--temperature", "0"],
        ["--averaging", "1.1"],
        ["--mixing", "-1"],
        ["--contrast", "nan"],
        ["--input-size", "100"],
        ["--learning-rate", "inf"],
        ["--alpha", "0"],
        ["--seed", "-1"],
    ],
)
def test_values_out_of_bounds_are_refused_by_name(tmp_path, capsys, words):
    error = refused(["--data", str(tmp_path), "--out", str(tmp_path), *words], capsys)
    assert words[0] in error


def parsed(*words: str) -> argparse.Namespace:
    return make_parser().parse_args(["--out", "x", *words])


def test_the_recipe_is_fashion_unless_said():
    recipe = chosen_recipe(parsed())
    assert recipe == RECIPES["fashion"]
    assert (recipe.input_size, recipe.dimension) == (160, 128)


def test_an_option_of_another_recipe_is_refused():
    with pytest.raises(ConfigError, match="fashion has no option --margin"):
        chosen_recipe(parsed("--margin", "0.5"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--leave-out", "scarf"], "--leave-out names scarf; the photos have ball"),
        (["--leave-out", "ball,bar"], "--leave-out must leave two categories"),
        (["--attributes", "no.csv"], "no.csv cannot be read as a CSV file"),
        (["--recipe", "report", "--from", "x"], "--from needs --recipe fashion"),
    ],
)
def test_arguments_the_data_or_the_recipe_cannot_take(tmp_path, capsys, words, said):
    data = write_dataset(tmp_path / "data")
    error = refused(["--data", str(data), "--out", str(tmp_path / "o"), *words], capsys)
    assert said in error


@pytest.mark.parametrize(
    "option", ["--from", "--finder", "--garment-masks", "--views-folder"]
)
def test_the_report_recipe_refuses_what_it_would_not_read(option):
    assert chosen_recipe(parsed(option, "x"))
    with pytest.raises(ConfigError, match=f"{option} needs --recipe fashion"):
        chosen_recipe(parsed("--recipe", "report", option, "x"))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--alpha", "0.5"), ("--frozen-blocks", "7")],
)
def test_structural_options_are_refused_with_from(option, value):
    assert chosen_recipe(parsed(option, value))
    with pytest.raises(ConfigError, match=f"{option} applies to a new network"):
        chosen_recipe(parsed(option, value, "--from", "there"))


def test_options_change_the_recipe():
    words = ["--out", "x", "--steps", "7", "--margin", "0.5", "--seed", "9"]
    words += ["--recipe", "report"]
    recipe = chosen_recipe(make_parser().parse_args(words))
    assert (recipe.steps, recipe.margin, recipe.seed) == (7, 0.5, 9)
    assert (recipe.name, recipe.epochs) == ("report", Recipe("report").epochs)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_recipes_keep_their_own_bounds(recipe):
    recipe.check()


def test_a_subclass_keeps_the_bounds_of_an_option_it_gives_another_default():
    @dataclasses.dataclass(frozen=True)
    class LongRecipe(Recipe):
        epochs: int = 40

    assert LongRecipe.options() == Recipe.options()
    with pytest.raises(ConfigError, match="--epochs must be at least 1"):
        LongRecipe("long", epochs=0).check()


def test_help_names_bounds_and_the_default_of_each_recipe(capsys):
    with pytest.raises(SystemExit):
        train.main(["--help"])
    printed = " ".join(capsys.readouterr().out.split())
    assert "(at least 0 and below 1; default: fashion 0.4)" in printed
    assert "number of epochs (at least 1; default: fashion 10, report 5)" in printed


def test_the_report_recipe_is_the_reports():
    recipe = chosen_recipe(parsed("--recipe", "report"))
    assert (recipe.epochs, recipe.steps, recipe.batch) == (5, 100, 32)
    assert (recipe.input_size, recipe.dimension, recipe.margin) == (128, 128, 0.2)


def test_export_names_a_missing_network(tmp_path, capsys):
    data = write_dataset(tmp_path / "data")
    words = ["--keras", str(tmp_path / "no.keras"), "--data", str(data), "--out", "x"]
    assert export.main(words) == 1
    assert "no.keras" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["ml.train", "ml.export", "ml.evaluate"])
def test_help_answers_without_tensorflow(module):
    code = (
        f"import sys; sys.argv = ['x', '--help']; import {module} as command\n"
        "try: command.main()\n"
        "except SystemExit: sys.exit('tensorflow' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "--data DIR" in result.stdout
    assert f"python -m {module}" in result.stdout


def test_the_recorded_command_holds_no_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["--data", str(tmp_path / "my photos"), "--seed", "3"]
    assert command_line("ml.train", words) == (
        "python -m ml.train --data 'my photos' --seed 3"
    )
    assert command_line("x", ["--out", "/far/away/out"]) == "python -m x --out out"


def test_the_data_is_known_by_content_not_by_place(tmp_path):
    error = []
    for place in ("a", "b"):
        data = write_dataset(tmp_path / place / "photos")
        splits = read_splits(data)
        photos = load_splits(splits, ["train"], 8)
        error.append(describe_data(data, splits, photos))
    assert error[0] == error[1]
    assert error[0]["name"] == "photos"
    assert error[0]["photos"] == {"train": 18, "validation": 9, "test": 9}
    next((data / "train").rglob("*.png")).unlink()
    splits = read_splits(data)
    changed = describe_data(data, splits, load_splits(splits, ["train"], 8))
    assert changed["sha256"]["train"] != error[0]["sha256"]["train"]
    assert changed["sha256"]["test"] == error[0]["sha256"]["test"]
