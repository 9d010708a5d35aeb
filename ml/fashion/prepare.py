"""Build the network of the recipe `fashion`, and what it learns from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ml.backend import keras, tf
from ml.conversion import convert_to_onnx, load_keras, weights_hash
from ml.dataset import Photos, photo_digest
from ml.encoder import RUNTIMES, SHIPPED
from ml.fashion.batches import ViewSource, contents_of, digest
from ml.fashion.frozen_views import (
    SHOWN,
    ViewMaker,
    Views,
    make_views,
    open_finder_onnx,
    open_frozen,
    views_of_each,
)
from ml.fashion.network import (
    INSTANCE,
    Parts,
    StartError,
    build_heads,
    build_parts,
    open_finder,
    open_parts,
    with_ground,
)
from ml.fashion.targets import Targets, names_of, targets_of
from ml.finder.loop import train_finder
from ml.measure.labels import Notes, key_of
from ml.recipes import FashionRecipe, Sources

Names = Mapping[str, tuple[str, ...]]
AT_ONCE = 64


@dataclass(frozen=True)
class Beginning:
    """A network before training."""

    parts: Parts
    names: Names  # that the heads know
    known: dict[str, Any]  # of the encoder.json it was started from
    colour_axes: np.ndarray | None = None  # of the readout, where colours stay the same


def _finder(
    recipe: FashionRecipe, photos: Photos, given: Sources, default: Path, scratch: Path
) -> keras.Model:
    if given.masks is None or given.finder is not None:
        return open_finder((given.finder or default) / RUNTIMES["keras"])
    pairs = _masks(photos, given)
    files = [file for pair in pairs.items() for file in pair if file.is_file()]
    key = digest(
        recipe.seed, str(given.weights), [photo_digest(file) for file in files]
    )
    kept = scratch / f"finder-{key}.keras"
    if kept.is_file():  # trained before an interruption
        return load_keras(kept)
    finder = train_finder(pairs, given.weights, recipe.seed)
    finder.save(kept)
    return finder


def _masks(photos: Photos, given: Sources) -> dict[Path, Path]:
    """Return where the mask of each photo should be; empty without a folder."""
    if given.masks is None:
        return {}
    return {
        path: given.masks / Path(key_of(path, given.notes.data)).with_suffix(".png")
        for path in photos.paths
    }


def begin(
    recipe: FashionRecipe, photos: Photos, given: Sources, scratch: Path
) -> Beginning:
    names: Names = names_of(photos, given.notes)
    if given.start is None:
        finder = _finder(recipe, photos, given, SHIPPED, scratch)
        sizes = {head: len(known) for head, known in names.items()}
        parts = build_parts(recipe, given.weights, finder, sizes)
        return Beginning(parts, names, {})
    info = json.loads((given.start / "encoder.json").read_text())
    if "names" not in info:
        raise StartError(
            f"{given.start / 'encoder.json'} lacks the names of the heads' labels, so "
            "this encoder cannot be trained further. Start from one that ml.train made "
            "with --recipe fashion."
        )
    started, readout = open_parts(given.start / RUNTIMES["keras"], recipe)
    before = {head: tuple(known) for head, known in info["names"].items()}
    names = {**before, **names}
    sizes = {head: len(known) for head, known in names.items()}
    heads = build_heads(recipe, started.lower, started.upper, sizes)
    same = [head for head in names if before.get(head) == names[head]]
    _copy_heads(started.heads, heads, same)
    finder = started.finder
    if given.finder or given.masks:
        finder = _finder(recipe, photos, given, given.start, scratch)
    parts = Parts(finder, started.lower, started.upper, heads)
    known = {key: info[key] for key in ("part_bands", "colours") if key in info}
    axes = readout.get_layer("colour_axes").get_weights()[0]
    unchanged = before.get("colour") == names.get("colour")
    return Beginning(parts, names, known, axes if unchanged else None)


def _copy_heads(old: keras.Model, new: keras.Model, known: Sequence[str]) -> None:
    for layer in new.layers:
        head = layer.name.partition("_")[0]
        if layer.weights and head in (*known, INSTANCE):
            layer.set_weights(old.get_layer(layer.name).get_weights())


def make_sources(
    parts: Parts,
    names: Names,
    recipe: FashionRecipe,
    photos: Mapping[str, Photos],
    given: Sources,
    scratch: Path,
) -> list[ViewSource]:
    """Return what to train on first, what to tune on, and the validation photos.

    The first two differ in who found the garment: people, where there are masks.
    """
    maker = _view_maker(parts, recipe, scratch)
    kept = given.views or scratch / "views"
    sources = []
    for split in ("train", "validation"):
        whole = photos[split]
        each = views_of_each(recipe.views, len(whole)) if split == "train" else 2
        views = _views(maker, parts, whole, each, kept, split)
        rows = whole.rows_without(given.leave_out)
        mine = whole.without(given.leave_out)
        targets = _targets(parts, names, mine, views, rows, given)
        senders = _senders(mine, given.notes)
        sources.append(ViewSource(mine, views, rows, senders, targets))
    train, held_out = sources
    masks = _masks(photos["train"], given)
    if not masks:
        return [train, train, held_out]
    masked = replace(maker, masks=masks)
    words = "train, by masks"
    views = _views(masked, parts, photos["train"], train.views.each, kept, words)
    return [replace(train, views=views), train, held_out]


def _views(
    maker: ViewMaker, parts: Parts, photos: Photos, each: int, kept: Path, words: str
) -> Views:
    # The trained part does not count: trainings that differ in it share views.
    frozen = [weights_hash(parts.finder), weights_hash(parts.lower)]
    settings = (maker.input_size, each, maker.other_grounds, maker.seed, SHOWN)
    files = [file for file in maker.masks.values() if file.is_file()]
    masks = [photo_digest(file) for file in files]
    folder = kept / digest(frozen, contents_of(photos), *settings, masks)
    return make_views(maker, photos.paths, each, folder, words)


def _view_maker(parts: Parts, recipe: FashionRecipe, scratch: Path) -> ViewMaker:
    lower = with_ground(parts.lower)
    for name, model in (("finder", parts.finder), ("frozen", lower)):
        convert_to_onnx(model, scratch / f"{name}.onnx")
    return ViewMaker(
        open_finder_onnx(scratch / "finder.onnx"),
        open_frozen(scratch / "frozen.onnx"),
        parts.finder.input_shape[1],
        recipe.input_size,
        recipe.other_grounds,
        recipe.seed,
    )


def _targets(
    parts: Parts,
    names: Names,
    photos: Photos,
    views: Views,
    rows: np.ndarray,
    given: Sources,
) -> dict[str, Targets]:
    """Return labels, and what the network said before where there are none."""
    labelled = names_of(photos, given.notes)
    told = {head: names[head] for head in names if head in labelled}
    found = targets_of(photos, given.notes, told)
    others = [head for head in names if head not in told and head != "category"]
    if others and given.start is not None:
        sure = np.ones(len(photos), np.float32)
        for head, shares in _answers(parts, views, rows, others).items():
            found[head] = Targets(shares, sure)
    return found


def _answers(
    parts: Parts, views: Views, rows: np.ndarray, heads: Sequence[str]
) -> dict[str, np.ndarray]:
    """Return what the heads say of the unchanged photos, (N, K) shares."""
    found: dict[str, list[np.ndarray]] = {head: [] for head in heads}
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        arrays = [tf.constant(a[some, 0], tf.float32) for a in views.arrays]
        features = parts.upper(arrays[:2], training=False)
        logits = parts.heads([features, arrays[2]], training=False)
        for head in heads:
            found[head].append(tf.nn.softmax(logits[head]).numpy())
    said = parts.heads.output
    return {
        head: np.concatenate([np.empty((0, said[head].shape[1]), np.float32), *shares])
        for head, shares in found.items()
    }


def _senders(photos: Photos, notes: Notes) -> np.ndarray:
    numbers: dict[str, int] = {}
    found = []
    for path in photos.paths:
        sender = notes.sender(path)
        found.append(numbers.setdefault(sender, len(numbers)) if sender else -1)
    return np.array(found, dtype=np.int64)
