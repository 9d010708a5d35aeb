"""Contact sheets: a query photo and what is closest to it (Figs 6.4-6.7)."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont, ImageOps

TILE = 150  # pixels, the longer side of a photo
GAP = 10
CAPTION = 34
COLUMNS = 6


def contact_sheet(
    query: Image.Image,
    query_words: str,
    results: Sequence[tuple[Image.Image, str, bool]],
) -> Image.Image:
    """The query in the first place, then (photo, caption, right category?) each."""
    rows = -(-(len(results) + 1) // COLUMNS)
    size = (COLUMNS * (TILE + GAP) + GAP, rows * (TILE + CAPTION + GAP) + GAP)
    sheet = Image.new("RGB", size, "white")
    _place(sheet, 0, query, query_words, "black")
    for place, (photo, words, right) in enumerate(results, start=1):
        _place(sheet, place, photo, words, "#1a7f37" if right else "#b42318")
    return sheet


def _place(
    sheet: Image.Image, place: int, photo: Image.Image, words: str, colour: str
) -> None:
    left = GAP + place % COLUMNS * (TILE + GAP)
    top = GAP + place // COLUMNS * (TILE + CAPTION + GAP)
    small = ImageOps.contain(photo, (TILE, TILE))
    corner = (left + (TILE - small.width) // 2, top + (TILE - small.height) // 2)
    sheet.paste(small, corner)
    draw = ImageDraw.Draw(sheet)
    draw.rectangle([left - 2, top - 2, left + TILE + 1, top + TILE + 1], outline=colour)
    draw.text(
        (left, top + TILE + 4), words, fill=colour, font=ImageFont.load_default(12)
    )
