import json
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from search.change import fine_tuning
from search.change.fine_tuning import (
    TrainingPlan,
    TrainingRefused,
    lock_work_folder,
)
from search.models import Encoder
from search.tests.networks import write_network

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("work")]

PLAN = TrainingPlan(start="/encoders/shipped", recipe="fashion")


def test_only_the_same_plan_continues(work):
    with lock_work_folder(work, PLAN):
        pass
    other = TrainingPlan(start=PLAN.start, recipe="fashion", steps=7)
    with pytest.raises(TrainingRefused, match=r"not .*7 steps.*--fresh"):
        lock_work_folder(work, other).__enter__()
    with lock_work_folder(work, PLAN):
        pass


def test_fresh_discards_an_unfinished_training(work):
    with lock_work_folder(work, PLAN):
        (work / "photos" / "hat").mkdir(parents=True)
        (work / "exported.json").write_text("{}")
    other = TrainingPlan(start=PLAN.start, recipe="fashion", seed=2)
    with lock_work_folder(work, other, fresh=True):
        assert {path.name for path in work.iterdir()} == {"lock", "plan.json"}
    assert json.loads((work / "plan.json").read_text())["seed"] == 2


def test_a_training_or_its_child_excludes_another(work):
    wait = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with lock_work_folder(work, PLAN) as lock:
        with pytest.raises(TrainingRefused, match="Another training is running"):
            lock_work_folder(work, PLAN).__enter__()
        child = subprocess.Popen(wait, stdin=subprocess.PIPE, pass_fds=(lock,))
    with pytest.raises(TrainingRefused, match="Another training is running"):
        lock_work_folder(work, PLAN).__enter__()
    child.communicate()
    with lock_work_folder(work, PLAN):
        pass


def test_a_shop_without_tensorflow_says_what_to_install(monkeypatch, work):
    monkeypatch.setattr(fine_tuning, "REQUIRED_PACKAGES", ("no_such_package",))
    with pytest.raises(CommandError, match=r"-m pip install -r requirements-dev\.txt"):
        call_command("train_encoder")
    assert not work.exists()


def test_a_folder_with_files_in_it_is_left_alone(work, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="not an empty folder"):
        call_command("train_encoder", "--out", str(tmp_path))
    assert not work.exists()


@pytest.mark.parametrize("words", [["--steps", "0"], ["--seed", "-1"]])
def test_numbers_out_of_range_are_refused(words):
    with pytest.raises(CommandError, match="--steps must be"):
        call_command("train_encoder", *words)


def test_a_start_without_an_encoder_is_refused(shop, work, small_minimum):
    with pytest.raises(CommandError, match="nowhere is not the folder of an encoder"):
        call_command("train_encoder", "--from", str(work / "nowhere"))


def test_a_failed_training_adds_no_encoder(shop, work, small_minimum, tmp_path, capfd):
    start = write_network(tmp_path / "other", "other")  # has no encoder.keras
    with pytest.raises(CommandError, match=r"ml\.train failed"):
        call_command("train_encoder", "--from", str(start))
    assert "ml.train: " in capfd.readouterr().err
    assert not Encoder.objects.exclude(state="active").exists()
