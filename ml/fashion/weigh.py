"""Choose the weights of an encoder's parts on the validation photos.

python -m ml.fashion.weigh --encoder DIR --data DIR --attributes CSV [--senders CSV]

It prints the options of `ml.train` that give the parts these weights. With --out it
writes the encoder with them, and calibrates its bands again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.command import add_data, add_notes, command_line, data_folder, run_command
from ml.dataset import categories_of, read_splits
from ml.encoder import SHIPPED, Encoder
from ml.errors import ConfigError
from ml.measure import metrics
from ml.measure.alike import EVERY, FIRST
from ml.measure.bands import CLOSEST, VERY_SIMILAR, alike, threshold
from ml.measure.gallery import embed, embed_views
from ml.measure.labels import Notes, agreements, grades, same_sender
from ml.measure.parts import Parts, part_of
from ml.measure.photo_edits import PLACED, ROWS

# How much each figure of the validation photos counts.
VALUES = {
    "grade": 1.0,
    "recall@1": 3.0,
    "mAP": 2.0,
    "own photo": 1.0,
    "kept": 0.5,
    "very similar": 1.0,
}
# Beyond this, more of one costs too much of the others.
ENOUGH = {"very similar": 0.15}
STEPS = (0.5, 0.7, 0.85, 1.18, 1.4, 2.0)  # factors that a weight is tried with
ROUNDS = 6
SEED = 1

Weights = dict[str, float]
Pairs = tuple[np.ndarray, np.ndarray]  # (P,) distances, (P,) bool


@dataclass(frozen=True)
class Trial:
    """Vectors of Q validation photos and G train photos, and what is wanted of them."""

    parts: Parts
    queries: np.ndarray  # (Q, D)
    gallery: np.ndarray  # (G, D)
    own: Mapping[str, np.ndarray]  # (Q, D): changed views of the queries
    placed: Mapping[str, np.ndarray]  # the same of every second query
    graded: np.ndarray  # (Q, G) 0..3
    right: np.ndarray  # (Q, G) bool, of one category
    alike: np.ndarray  # (Q, G) bool, as "very similar" means it
    left_out: (
        np.ndarray
    )  # (Q, G) bool: both of one sender, who may send a garment twice

    def figures(self, weights: Weights) -> dict[str, float]:
        queries, gallery = (
            self._weighed(x, weights) for x in (self.queries, self.gallery)
        )
        apart = metrics.distances(queries, gallery)
        before = _first(apart[::EVERY])
        apart = np.where(self.left_out, np.inf, apart)
        order = np.argsort(apart, axis=1, kind="stable")
        first = order[:, :FIRST]
        right = self.right & ~self.left_out
        relevant = np.take_along_axis(right, order, axis=1)
        _, _, found = threshold(*self._close(apart, order), VERY_SIMILAR)
        return {
            "grade": float(np.take_along_axis(self.graded, first, axis=1).mean()),
            "recall@1": metrics.recall_at(1, relevant),
            "mAP": metrics.mean_average_precision(relevant),
            "own photo": float(
                np.mean([self._found(v, queries, weights) for v in self.own.values()])
            ),
            "kept": float(
                np.mean(
                    [
                        self._kept(v, gallery, before, weights)
                        for v in self.placed.values()
                    ]
                )
            ),
            "very similar": found,
        }

    def _close(self, apart: np.ndarray, order: np.ndarray) -> Pairs:
        """Return the distances of close pairs, and whether they are alike."""
        close = order[:, :CLOSEST]
        near, alike = (
            np.take_along_axis(each, close, axis=1) for each in (apart, self.alike)
        )
        kept = np.isfinite(near)
        return near[kept], alike[kept]

    def _found(self, views: np.ndarray, queries: np.ndarray, weights: Weights) -> float:
        apart = metrics.distances(self._weighed(views, weights), queries)
        return float((apart.argmin(axis=1) == np.arange(len(apart))).mean())

    def _kept(
        self,
        views: np.ndarray,
        gallery: np.ndarray,
        before: np.ndarray,
        weights: Weights,
    ) -> float:
        after = _first(metrics.distances(self._weighed(views, weights), gallery))
        both = [len(set(a) & set(b)) for a, b in zip(before, after, strict=True)]
        return float(np.mean(both)) / before.shape[1]

    def _weighed(self, vectors: np.ndarray, weights: Weights) -> np.ndarray:
        pieces = [
            part_of(vectors, self.parts[name]) * np.sqrt(weight)
            for name, weight in weights.items()
        ]
        return np.concatenate(pieces, axis=1)


def _first(apart: np.ndarray) -> np.ndarray:
    return np.argpartition(apart, FIRST, axis=1)[:, :FIRST]


def value_of(figures: Mapping[str, float]) -> float:
    return sum(
        VALUES[name] * min(figure, ENOUGH.get(name, figure))
        for name, figure in figures.items()
    )


def search(trial: Trial, weights: Weights) -> tuple[Weights, dict[str, float]]:
    """Return the best weights found by changing one at a time, and their figures."""
    figures = trial.figures(weights)
    for _ in range(ROUNDS):
        before = value_of(figures)
        for name in weights:
            for factor in STEPS:
                changed = _normalized({**weights, name: weights[name] * factor})
                found = trial.figures(changed)
                if value_of(found) > value_of(figures):
                    weights, figures = changed, found
        if value_of(figures) <= before:
            break
    return weights, figures


def _normalized(weights: Weights) -> Weights:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def make_trial(encoder: Encoder, data: Path, notes: Notes) -> Trial:
    splits = read_splits(data)
    categories = categories_of(splits["train"])
    train, held_out = (
        embed(encoder, splits[n], categories, n) for n in ("train", "validation")
    )
    ours, theirs = (
        notes.labels(each.items, each.garments) for each in (held_out, train)
    )
    known = ours.known, theirs.known
    if not len(held_out) or len(train) <= FIRST:
        raise ConfigError(
            f"--data needs validation photos and {FIRST + 1} train photos."
        )
    same = agreements(ours, theirs)
    # Photos without a label are in no ranking.
    return Trial(
        encoder.info["parts"],
        held_out.vectors,
        train.vectors,
        {
            name: embed_views(encoder, held_out.items, view, SEED, f"{name} views")
            for name, view in ROWS.items()
        },
        {
            name: embed_views(encoder, held_out.items[::EVERY], view, SEED, name)
            for name, view in PLACED.items()
        },
        grades(same)["grade"] * known[0][:, None],
        held_out.labels[:, None] == train.labels[None],
        alike(same),
        same_sender(ours, theirs) | ~known[1][None],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(words)
    command = command_line("ml.fashion.weigh", words)
    return run_command("ml.fashion.weigh", lambda: run(options, command))


def run(options: argparse.Namespace, command: str) -> None:
    data = data_folder(options.data)
    notes = Notes.read(data, options.attributes, options.senders)
    if not notes.attributes:
        raise ConfigError("The weights are chosen by labels: pass --attributes CSV.")
    encoder = Encoder.load(options.encoder)
    if not encoder.parts:
        raise ConfigError(f"The encoder in {options.encoder} has no parts to weigh.")
    trial = make_trial(encoder, data, notes)
    now = {name: part.weight for name, part in encoder.parts.items()}
    chosen, figures = search(trial, now)
    for words, weights, found in (
        ("now", now, trial.figures(now)),
        ("chosen", chosen, figures),
    ):
        print(f"{words}: {_words(weights)}\n  {_words(found)}")
    # Options of ml.train.
    print(" ".join(f"--{name}-weight {weight:.3f}" for name, weight in chosen.items()))
    if options.out is not None:
        from ml.fashion.reweigh import write_weighed

        rounded = {name: round(weight, 3) for name, weight in chosen.items()}
        version = write_weighed(encoder, rounded, notes, options.out, command)
        print(f"{version} written to {options.out}")


def _words(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in values.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.fashion.weigh",
        description="Choose the weights of an encoder's parts on validation photos.",
    )
    add_data(parser)
    add_notes(parser)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder to write the encoder to"
    )
    parser.add_argument(
        "--encoder",
        type=Path,
        metavar="DIR",
        default=SHIPPED,
        help="folder of the encoder (default: the one that ships)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
