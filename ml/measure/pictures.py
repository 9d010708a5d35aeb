"""Pictures of an evaluation: contact sheets, a map of the gallery, precision.

They show the photos themselves, so they are written where --out says and belong to
whoever has the photos.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from ml.measure import metrics
from ml.measure.contact_sheet import (
    COLUMNS,
    RIGHT,
    WRONG,
    CaptionedPhoto,
    contact_sheet,
)
from ml.measure.gallery import EmbeddedSplit
from ml.preprocess import read_photo

# Figs 6.4-6.7 of the report: shoe, cap, long sleeve, shorts.
SHEET_CATEGORIES = ("shoes", "hat", "longsleeve", "shorts")
SHEET_RESULTS = 2 * COLUMNS - 1
EXTREMES = 8  # queries on the sheets of the best and the worst
MAP_SIDE, THUMBNAIL = 3600, 48  # pixels
MAPPED = 3_000  # photos at most: more would lie on one another
COLOURS = (
    "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd",
    "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf",
)  # fmt: skip


def write_pictures(
    gallery: EmbeddedSplit,
    asked: EmbeddedSplit,
    categories: Sequence[str],
    bands: Sequence[tuple[str, float]],
    out: Path,
) -> None:
    """Every picture, as PNG files in the folder `out`."""
    found = metrics.distances(asked.vectors, gallery.vectors)
    sheets = _category_sheets(found, gallery, asked, categories)
    sheets |= _extreme_sheets(found, gallery, asked)
    for name, sheet in sheets.items():
        sheet.save(out / f"{name}.png")
    draw_precision(out / "precision.png", asked, bands)
    if len(gallery) > 2:
        draw_map(gallery).save(out / "map.png")


def draw_precision(
    file: Path, asked: EmbeddedSplit, bands: Sequence[tuple[str, float]]
) -> None:
    """Of the pairs of photos within a distance: how many are of one category."""
    from matplotlib.figure import Figure

    pairs = np.triu_indices(len(asked), k=1)
    apart = metrics.distances(asked.vectors, asked.vectors)[pairs]
    right = (asked.labels[:, None] == asked.labels[None, :])[pairs]
    order = np.argsort(apart, kind="stable")
    precision = right[order].cumsum() / np.arange(1, len(order) + 1)
    reached = right[order].cumsum() / max(1, right.sum())
    figure = Figure(figsize=(7, 4), dpi=120, layout="tight")
    axes = figure.subplots()
    axes.plot(apart[order], precision, label="of those within: one category")
    axes.plot(apart[order], reached, label="of one category: within")
    for name, distance in bands:
        axes.axvline(distance, color="grey", linewidth=0.8)
        axes.text(distance, 0.02, f" {name}", rotation=90, fontsize=8)
    axes.set(xlabel="cosine distance", ylabel="share of pairs", ylim=(0, 1.02))
    axes.legend(frameon=False)
    figure.savefig(file, metadata={"Software": None})


def draw_map(split: EmbeddedSplit) -> Image.Image:
    """The photos where t-SNE puts their vectors, framed by category."""
    chosen = np.random.default_rng(0).permutation(len(split))[:MAPPED]
    places = _two_dimensions(split.vectors[chosen])
    cells = (places * (MAP_SIDE // THUMBNAIL - 1)).round().astype(int)
    sheet = Image.new("RGB", (MAP_SIDE, MAP_SIDE), "white")
    draw = ImageDraw.Draw(sheet)
    taken = set()
    for index, (column, row) in zip(chosen, cells.tolist(), strict=True):
        if (column, row) in taken:  # the next one would only cover it
            continue
        taken.add((column, row))
        photo = read_photo(split.items[index].path, max_side=THUMBNAIL)
        corner = (column * THUMBNAIL, row * THUMBNAIL)
        inner = THUMBNAIL - 4
        sheet.paste(ImageOps.fit(photo, (inner, inner)), (corner[0] + 2, corner[1] + 2))
        end = (corner[0] + THUMBNAIL - 1, corner[1] + THUMBNAIL - 1)
        colour = COLOURS[split.labels[index] % len(COLOURS)]
        draw.rectangle((*corner, *end), outline=colour, width=2)
    return sheet


def _two_dimensions(vectors: np.ndarray) -> np.ndarray:
    """(N, D) unit vectors -> (N, 2) in 0..1 by t-SNE, van der Maaten 2008."""
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(vectors) - 1) / 3)
    places = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(
        vectors
    )
    low, high = places.min(axis=0), places.max(axis=0)
    return (places - low) / np.maximum(high - low, 1e-9)


def _category_sheets(
    found: np.ndarray,
    gallery: EmbeddedSplit,
    asked: EmbeddedSplit,
    categories: Sequence[str],
) -> dict[str, Image.Image]:
    """The first photo of each category of the figures, not a chosen one.

    Where the data has none of these categories, its first four are shown.
    """
    names = [name for name in SHEET_CATEGORIES if name in categories]
    sheets = {}
    for name in names or categories[:4]:
        places = np.flatnonzero(asked.labels == categories.index(name))
        if len(places):
            place = int(places[0])
            tiles = _tiles(found[place], gallery, asked, place, SHEET_RESULTS)
            sheets[f"sheet-{name}"] = contact_sheet(tiles)
    return sheets


def _extreme_sheets(
    found: np.ndarray, gallery: EmbeddedSplit, asked: EmbeddedSplit
) -> dict[str, Image.Image]:
    """The queries of the highest and the lowest average precision, one a row."""
    order = np.argsort(found, axis=1, kind="stable")
    relevant = gallery.labels[order] == asked.labels[:, None]
    ranked = np.argsort(metrics.average_precision(relevant), kind="stable")
    ranked = ranked[relevant[ranked].any(axis=1)]
    sheets = {}
    for name, places in (("worst", ranked), ("best", ranked[::-1])):
        tiles = [
            tile
            for place in places[:EXTREMES].tolist()
            for tile in _tiles(found[place], gallery, asked, place, COLUMNS - 1)
        ]
        if tiles:
            sheets[name] = contact_sheet(tiles)
    return sheets


def _tiles(
    found: np.ndarray,
    gallery: EmbeddedSplit,
    asked: EmbeddedSplit,
    place: int,
    results: int,
) -> list[CaptionedPhoto | None]:
    """The query, then its closest photos, None where there are no more."""
    item = asked.items[place]
    tiles: list[CaptionedPhoto | None] = [
        CaptionedPhoto(read_photo(item.path), f"query\n{item.category}")
    ]
    for i in np.argsort(found, kind="stable")[:results]:
        right = gallery.labels[i] == asked.labels[place]
        words = f"{gallery.items[i].category}\ndistance {found[i]:.4f}"
        photo = read_photo(gallery.items[i].path)
        tiles.append(CaptionedPhoto(photo, words, RIGHT if right else WRONG))
    return tiles + [None] * (results + 1 - len(tiles))
