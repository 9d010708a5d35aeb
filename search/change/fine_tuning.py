"""An encoder of the shop's own: its photos out, a network trained on them back in.

Everything lies in one work folder until it is done, so a run that was stopped, at
whatever point, goes on when it is started again. Training and measuring are commands
of `ml` in processes of their own: the shop itself never loads TensorFlow.
"""

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import CharField, QuerySet
from django.db.models.functions import MD5, Cast

from catalog.models import Product, ProductImage
from ml.preprocess import PhotoError, read_photo
from search.index.encoders import open_network, register
from search.models import Encoder

LEAST_PHOTOS = 50
LEAST_CATEGORIES = 2
MOST_PHOTOS = 20_000  # training holds them in memory, 150 KB each
NEEDED = ("tensorflow", "tf2onnx", "matplotlib", "sklearn", "cv2")


class TeachingRefused(RuntimeError):
    """There is no new encoder; the message says why and what to do."""


@dataclass(frozen=True)
class Plan:
    """What a run does. Only the same one goes on with the work of another."""

    start: str  # folder of the encoder to begin from
    recipe: str
    seed: int = 1
    steps: int | None = None  # the recipe's, where None
    most_photos: int = MOST_PHOTOS


@dataclass
class Exported:
    """What was written to be trained on, and what was left out and why."""

    photos: int = 0
    products: int = 0
    categories: int = 0
    copies: int = 0
    skipped: list[str] = field(default_factory=list)
    too_small: list[str] = field(default_factory=list)


def ensure_trainable() -> None:
    """Raises TeachingRefused where what only training needs is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise TeachingRefused(
            f"Training needs {', '.join(missing)}, which the shop itself does"
            " without. Install it beside the rest:"
            f" {sys.executable} -m pip install -r requirements-dev.txt"
        )


@contextmanager
def at_work(work: Path, plan: Plan, fresh: bool = False) -> Iterator[int]:
    """The work folder, for one run alone; yields the lock for its child processes.

    A child that outlives a killed run holds the lock on. Raises TeachingRefused when
    somebody is at work, or when what lies there was begun by another plan.
    """
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TeachingRefused(
                f"Another training is at work in {work}. Wait for it, or stop it and"
                " run this again."
            ) from None
        if fresh:
            forget(work)
        file = work / "plan.json"
        if file.is_file():
            begun = Plan(**json.loads(file.read_text()))
            if begun != plan:
                raise TeachingRefused(
                    f"A training that is not finished lies in {work}, begun with"
                    f" {describe(begun)}, not {describe(plan)}. Run it as it was begun"
                    " to go on with it, or add --fresh to throw it away."
                )
        _write_json(file, asdict(plan))
        yield lock.fileno()


def describe(plan: Plan) -> str:
    steps = (
        "the recipe's steps" if plan.steps is None else f"{plan.steps} steps an epoch"
    )
    return (
        f"recipe {plan.recipe}, {steps}, seed {plan.seed}, at most"
        f" {plan.most_photos} photos, from {plan.start}"
    )


def forget(work: Path) -> None:
    """Empty the work folder; the lock stays."""
    for path in work.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()


def shop_photos() -> QuerySet[ProductImage]:
    """Photos of published products, product by product in an order drawn once."""
    drawn = MD5(Cast("product_id", CharField()))
    return (
        ProductImage.objects.filter(product__in=Product.objects.published())
        .select_related("product__category")
        .annotate(drawn=drawn)
        .order_by("drawn", "product_id", "position", "id")
    )


def export_photos(
    work: Path, most: int = MOST_PHOTOS, progress: Callable[[int], object] = int
) -> Exported:
    """Write WORK/photos/CATEGORY/PRODUCT/PHOTO and say what is there.

    Done once: the same photos are trained on however often a run is stopped. Raises
    TeachingRefused where there are too few.
    """
    done = work / "exported.json"
    if done.is_file():
        return Exported(**json.loads(done.read_text()))
    folder, exported = work / "photos", Exported()
    kept: dict[str, list[Path]] = {}
    seen: set[str] = set()
    for photo in shop_photos()[:most].iterator(chunk_size=500):
        progress(1)
        if photo.sha256 in seen:  # of two products: which one it is cannot be learnt
            exported.copies += 1
            continue
        category = photo.product.category
        path = folder / category.slug / str(photo.product_id) / _file_name(photo)
        try:
            _write_photo(photo, path)
        except (PhotoError, OSError) as error:
            exported.skipped.append(f"{photo.file.name} of {photo.product}: {error}")
            continue
        seen.add(photo.sha256)
        kept.setdefault(category.slug, []).append(path)
    for slug in [slug for slug, paths in kept.items() if len(paths) < 2]:
        exported.too_small.append(slug)
        del kept[slug]
    paths = {path for each in kept.values() for path in each}
    _remove_others(folder, paths)
    exported.photos, exported.categories = len(paths), len(kept)
    exported.products = len({path.parent for path in paths})
    _ensure_enough(exported)
    _write_json(done, asdict(exported))
    return exported


def train(work: Path, plan: Plan, lock: int) -> Path:
    """The folder of the trained network. Raises TeachingRefused when it failed."""
    folder = work / "encoder"
    if not (folder / "encoder.json").is_file():
        words = ["--recipe", plan.recipe, "--seed", str(plan.seed)]
        words += ["--data", str(work / "photos"), "--out", str(folder)]
        words += ["--from", plan.start, "--input-size", str(_input_size(plan.start))]
        if plan.steps is not None:
            words += ["--steps", str(plan.steps)]
        _run("ml.train", words, lock, "trained")
    return folder


def evaluate(work: Path, encoder: Path, name: str, lock: int) -> dict[str, Any] | None:
    """Figures on the photos held out, and pictures; None where none were held out."""
    out = work / f"evaluation-{name}"
    if not (out / "figures.json").is_file():
        if not _are_held_out(work):
            return None
        words = ["--data", str(work / "photos"), "--encoder", str(encoder)]
        words += ["--out", str(out)]
        _run("ml.evaluate", words, lock, "measured")
    return json.loads((out / "figures.json").read_text())


def keep(work: Path, out: Path | None, figures: dict[str, Any] | None) -> Encoder:
    """Move the network to where it stays, register it, forget the work.

    By default that is VAR/encoders/VERSION. The new encoder is not active.
    """
    folder = work / "encoder"
    description = folder / "encoder.json"
    info = json.loads(description.read_text())
    if figures is not None:
        held_out = {key: figures[key] for key in ("category", "instance")}
        info["metrics"] = info.get("metrics", {}) | {"held_out": held_out}
        _write_json(description, info)
    network = open_network(folder)  # refuses what could not be searched with
    place = out or settings.VAR / "encoders" / network.version
    place.parent.mkdir(parents=True, exist_ok=True)
    if out is not None:
        ensure_free(out)
    shutil.rmtree(place, ignore_errors=True)  # empty, or the same network: its hash
    shutil.move(folder, place)
    pictures = work / "evaluation-after"
    if pictures.is_dir():
        shutil.move(pictures, place / "evaluation")
    encoder = register(open_network(place))
    forget(work)
    return encoder


def ensure_free(out: Path) -> None:
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise TeachingRefused(f"{out} is not an empty folder. Name another --out DIR.")


def _file_name(photo: ProductImage) -> str:
    return f"{photo.sha256[:32]}{Path(str(photo.file.name)).suffix}"


def _write_photo(photo: ProductImage, path: Path) -> None:
    """Copy the file once it is known to be a photo that can be read."""
    if path.is_file():
        return
    with photo.file.open("rb") as file:
        data = file.read()
    read_photo(data, max_side=64)
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_name(f".{path.name}")
    begun.write_bytes(data)
    begun.replace(path)


def _remove_others(folder: Path, kept: set[Path]) -> None:
    """What an export that was stopped wrote and this one does not want."""
    for path in folder.rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()


def _ensure_enough(exported: Exported) -> None:
    if exported.categories < LEAST_CATEGORIES or exported.photos < LEAST_PHOTOS:
        raise TeachingRefused(
            f"There are {exported.photos} photos of published products in"
            f" {exported.categories} categories to train on (of two photos or more"
            f" each); training needs at least {LEAST_PHOTOS} photos in"
            f" {LEAST_CATEGORIES} categories. Publish more, or stay with the encoder"
            " that comes with FashionLens: it needs no training."
        )


def _input_size(start: str) -> int:
    try:
        return json.loads((Path(start) / "encoder.json").read_text())["input_size"]
    except (OSError, ValueError, KeyError) as error:
        raise TeachingRefused(
            f"{start} is no folder of an encoder to begin from: {error}"
        ) from None


def _are_held_out(work: Path) -> bool:
    """Whether training kept any photos for the test: few products give none up."""
    info = json.loads((work / "encoder" / "encoder.json").read_text())
    return bool(info.get("data", {}).get("photos", {}).get("test"))


def _run(module: str, words: list[str], lock: int, what: str) -> None:
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=settings.BASE_DIR,
        env=environment,
        pass_fds=(lock,),
    )
    if done.returncode:
        raise TeachingRefused(
            f"The network was not {what}: {module} ended with {done.returncode}, see"
            " above. Run this again to go on where it stopped."
        )


def _write_json(file: Path, value: dict[str, Any]) -> None:
    begun = file.with_suffix(".begun")
    begun.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    begun.replace(file)
