"""Contact sheets: a query photo and what is closest to it (Figs 6.4-6.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont, ImageOps

TILE = 150  # pixels, the longer side of a photo
GAP = 10
CAPTION = 34
COLUMNS = 6
RIGHT, WRONG = "#1a7f37", "#b42318"


@dataclass(frozen=True)
class CaptionedPhoto:
    """A photo, the words under it and the colour of both frame and words."""

    photo: Image.Image
    words: str
    colour: str = "black"


def contact_sheet(tiles: Sequence[CaptionedPhoto | None]) -> Image.Image:
    """The tiles in rows of six; None leaves a place empty."""
    rows = -(-len(tiles) // COLUMNS)
    size = (COLUMNS * (TILE + GAP) + GAP, rows * (TILE + CAPTION + GAP) + GAP)
    sheet = Image.new("RGB", size, "white")
    for place, tile in enumerate(tiles):
        if tile is not None:
            _place(sheet, place, tile)
    return sheet


def _place(sheet: Image.Image, place: int, tile: CaptionedPhoto) -> None:
    left = GAP + place % COLUMNS * (TILE + GAP)
    top = GAP + place // COLUMNS * (TILE + CAPTION + GAP)
    small = ImageOps.contain(tile.photo, (TILE, TILE))
    corner = (left + (TILE - small.width) // 2, top + (TILE - small.height) // 2)
    sheet.paste(small, corner)
    draw = ImageDraw.Draw(sheet)
    frame = [left - 2, top - 2, left + TILE + 1, top + TILE + 1]
    draw.rectangle(frame, outline=tile.colour)
    font = ImageFont.load_default(12)
    draw.text((left, top + TILE + 4), tile.words, fill=tile.colour, font=font)
