"""What was measured of an encoder, in words, and the pictures in its folder."""

import csv
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from fashionlens.backoffice.overview.charts import Plot
from search.models import Encoder

# What each figure says about the photos of the split.
MEASURES = {
    "triplets_in_order": "Of two photos, that of the same category is nearer",
    "recall@1": "The first result is of the same category",
    "recall@5": "One of the first 5 results is of the same category",
    "recall@10": "One of the first 10 results is of the same category",
    "precision@10": "Share of the same category among the first 10 results",
    "mAP": "How far in front those of the same category stand (mAP)",
}
SPLITS = {"train": "Training", "validation": "Validation", "test": "Test"}


@dataclass(frozen=True)
class Measured:
    headings: list[str]
    rows: list[tuple[str, list[str]]]


def measured(encoder: Encoder) -> Measured | None:
    """Return the figures as a table of percentages, or nothing if there are none."""
    by_split = {
        label: encoder.metrics[name]
        for name, label in SPLITS.items()
        if isinstance(encoder.metrics.get(name), dict)
    }
    rows = [
        (text, [_percent(figures.get(name)) for figures in by_split.values()])
        for name, text in MEASURES.items()
        if any(name in figures for figures in by_split.values())
    ]
    return Measured(list(by_split), rows) if rows else None


def _percent(value: object) -> str:
    return f"{value:.1%}" if isinstance(value, int | float) else "-"


def folder_of(encoder: Encoder) -> Path:
    return Path(settings.BASE_DIR) / encoder.folder


def loss_plots(encoder: Encoder) -> list[Plot]:
    """Return the loss by epoch of the training, if its history is in the folder."""
    try:
        with (folder_of(encoder) / "history.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        epochs = [f"epoch {row['epoch']}" for row in rows]
        return [
            Plot.of(
                f"Loss, {SPLITS[name].lower()} photos",
                epochs,
                [float(row[name]) for row in rows],
                form="{:.2f}",
                is_line=True,
            )
            for name in ("train", "validation")
        ]
    except (OSError, KeyError, ValueError, UnicodeError):
        return []


def sheets(encoder: Encoder) -> list[str]:
    """Return the names of the contact sheets of an evaluation."""
    try:
        found = folder_of(encoder).glob("sheet-*.png")
        return sorted(path.name for path in found)
    except OSError:
        return []


def known_folders() -> list[str]:
    """Return folders with a trained network, where trainings put them."""
    places = [Path(settings.BASE_DIR) / "ml" / "encoders", settings.VAR / "encoders"]
    found = [path.parent for place in places for path in place.glob("*/encoder.json")]
    return sorted(map(str, found))
