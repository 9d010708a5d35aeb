"""Train an encoder of the shop's own, from the shipped one and the shop's photos.

Everything is kept in one work folder until the end, so that a run continues where an
earlier one stopped. Training and measuring are commands of `ml` in processes of their
own: the shop itself never loads TensorFlow.
"""

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from search.change.photo_export import MAX_PHOTOS, empty_folder, write_json
from search.index.encoders import open_network, register
from search.models import Encoder

REQUIRED_PACKAGES = ("tensorflow", "tf2onnx", "matplotlib", "sklearn", "cv2")


class TrainingRefused(RuntimeError):
    """There is no new encoder."""


@dataclass(frozen=True)
class TrainingPlan:
    """The options of a run; only a run with the same plan can continue another."""

    start: str  # folder of the encoder to begin from
    recipe: str
    seed: int = 1
    steps: int | None = None  # None: those of the recipe
    max_photos: int = MAX_PHOTOS

    def __str__(self) -> str:
        steps = "the recipe's steps"
        if self.steps is not None:
            steps = f"{self.steps} steps an epoch"
        return (
            f"recipe {self.recipe}, {steps}, seed {self.seed}, at most"
            f" {self.max_photos} photos, from {self.start}"
        )


def check_packages() -> None:
    missing = [
        name for name in REQUIRED_PACKAGES if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise TrainingRefused(
            f"Training needs {', '.join(missing)}, which the shop itself does not."
            f" Run {sys.executable} -m pip install -r requirements-dev.txt"
        )


@contextmanager
def lock_work_folder(
    work: Path, plan: TrainingPlan, fresh: bool = False
) -> Iterator[int]:
    """Hold the work folder for one run; yield the lock's file descriptor.

    Child processes inherit the lock, and hold it even if this process is killed. Raises
    TrainingRefused if another run holds it, or if the folder has a run of another plan.
    """
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TrainingRefused(
                f"Another training is running in {work}. Wait for it, or stop it and"
                " run this command again."
            ) from None
        if fresh:
            empty_folder(work, keep="lock")
        file = work / "plan.json"
        if file.is_file():
            unfinished = TrainingPlan(**json.loads(file.read_text()))
            if unfinished != plan:
                raise TrainingRefused(
                    f"There is an unfinished training in {work} with {unfinished}, not"
                    f" with {plan}. Run it with the same options to continue it, or"
                    " pass --fresh to discard it."
                )
        write_json(file, asdict(plan))
        yield lock.fileno()


def train(work: Path, plan: TrainingPlan, lock: int) -> Path:
    folder = work / "encoder"
    if not (folder / "encoder.json").is_file():
        arguments = ["--recipe", plan.recipe, "--seed", str(plan.seed)]
        arguments += ["--data", str(work / "photos"), "--out", str(folder)]
        arguments += ["--from", plan.start]
        arguments += ["--input-size", str(_input_size(plan.start))]
        if plan.steps is not None:
            arguments += ["--steps", str(plan.steps)]
        _run("ml.train", arguments, lock)
    return folder


def evaluate(work: Path, encoder: Path, name: str, lock: int) -> dict[str, Any] | None:
    out = work / f"evaluation-{name}"
    if not (out / "figures.json").is_file():
        if not _has_test_photos(work):
            return None
        arguments = ["--data", str(work / "photos"), "--encoder", str(encoder)]
        _run("ml.evaluate", [*arguments, "--out", str(out)], lock)
    return json.loads((out / "figures.json").read_text())


def register_trained(
    work: Path, out: Path | None, figures: dict[str, Any] | None
) -> Encoder:
    """Move the network to OUT, register it and empty the work folder.

    Without OUT it goes to VAR/encoders/VERSION. The new encoder is not active.
    """
    folder = work / "encoder"
    description = folder / "encoder.json"
    info = json.loads(description.read_text())
    if figures is not None:
        held_out = {key: figures[key] for key in ("category", "instance")}
        info["metrics"] = info.get("metrics", {}) | {"held_out": held_out}
        write_json(description, info)
    network = open_network(folder)  # raises EncoderError before anything is moved
    place = out or settings.VAR / "encoders" / network.version
    place.parent.mkdir(parents=True, exist_ok=True)
    if out is not None:
        check_empty(out)
    # Empty, or the same network, whose hash is in its version.
    shutil.rmtree(place, ignore_errors=True)
    shutil.move(folder, place)
    pictures = work / "evaluation-after"
    if pictures.is_dir():
        shutil.move(pictures, place / "evaluation")
    encoder = register(open_network(place))
    empty_folder(work, keep="lock")
    return encoder


def check_empty(out: Path) -> None:
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise TrainingRefused(f"{out} is not an empty folder. Pass another --out DIR.")


def _input_size(start: str) -> int:
    try:
        return json.loads((Path(start) / "encoder.json").read_text())["input_size"]
    except (OSError, ValueError, KeyError) as error:
        raise TrainingRefused(
            f"{start} is not the folder of an encoder to begin from: {error}"
        ) from None


def _has_test_photos(work: Path) -> bool:
    # Of few products none are held out.
    info = json.loads((work / "encoder" / "encoder.json").read_text())
    return bool(info.get("data", {}).get("photos", {}).get("test"))


def _run(module: str, arguments: list[str], lock: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        pass_fds=(lock,),
    )
    if done.returncode:
        raise TrainingRefused(
            f"{module} failed with exit status {done.returncode}; its messages are"
            " above. Run this command again to continue."
        )
