"""The colours of the season, as sRGB."""

import numpy as np

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "white": (243, 242, 239),
    "ivory": (238, 229, 210),
    "beige": (212, 195, 168),
    "camel": (188, 145, 97),
    "brown": (98, 67, 48),
    "black": (36, 36, 39),
    "charcoal": (66, 68, 73),
    "grey": (150, 152, 155),
    "silver": (200, 201, 203),
    "navy": (36, 47, 82),
    "blue": (44, 92, 162),
    "denim": (82, 111, 152),
    "sky": (156, 194, 224),
    "teal": (30, 110, 114),
    "green": (44, 112, 74),
    "forest": (36, 72, 54),
    "olive": (106, 107, 66),
    "sage": (163, 177, 149),
    "mint": (180, 217, 199),
    "red": (188, 38, 44),
    "burgundy": (112, 31, 48),
    "terracotta": (190, 98, 68),
    "orange": (228, 126, 52),
    "mustard": (211, 161, 50),
    "yellow": (243, 212, 98),
    "pink": (233, 166, 180),
    "blush": (235, 207, 198),
    "fuchsia": (196, 50, 118),
    "lilac": (188, 171, 214),
    "purple": (96, 64, 132),
}


def rgb(colour: str | Colour) -> np.ndarray:
    values = COLOURS[colour] if isinstance(colour, str) else colour
    return np.array(values, np.float32) / 255


def luminance(colour: np.ndarray) -> float:
    return float(colour @ np.array([0.3, 0.59, 0.11], np.float32))


def toned(colour: np.ndarray, amount: float) -> np.ndarray:
    """Return a lighter colour for an amount above 0, a darker one below."""
    goal = np.float32(1.0 if amount > 0 else 0.0)
    return colour + (goal - colour) * np.float32(abs(amount))


def companion(colour: np.ndarray) -> np.ndarray:
    """Return off-white or ink, whichever is visible on this colour."""
    light = luminance(colour) > 0.62
    return rgb((45, 52, 74)) if light else rgb((240, 236, 226))
