"""The names of a garment's colours, from its photo."""

import functools

import numpy as np
from PIL import Image

# sRGB shades of each name as photos show them, darker and duller than swatches.
_SHADES: dict[str, list[tuple[int, int, int]]] = {
    "black": [(20, 20, 22), (40, 40, 43), (52, 51, 53)],
    "white": [(245, 245, 243), (226, 227, 228), (208, 209, 211)],
    "grey": [(172, 173, 175), (140, 141, 144), (106, 107, 110), (76, 77, 80)],
    "navy": [(22, 27, 52), (34, 44, 82), (48, 56, 84), (46, 50, 66), (6, 6, 120)],
    "blue": [(40, 84, 160), (44, 66, 122), (72, 108, 160), (92, 116, 150),
             (20, 110, 200)],
    "light blue": [(150, 190, 224), (176, 204, 226), (160, 178, 200), (110, 186, 224)],
    "green": [(44, 112, 74), (36, 72, 54), (90, 160, 100), (28, 112, 114),
              (164, 206, 180), (110, 180, 60)],
    "olive": [(106, 107, 66), (78, 80, 52), (134, 134, 92), (160, 172, 142)],
    "red": [(190, 36, 44), (160, 28, 36), (220, 60, 60), (196, 68, 66)],
    "burgundy": [(110, 30, 48), (84, 26, 38), (124, 54, 66)],
    "pink": [(233, 166, 180), (240, 200, 204), (208, 118, 140), (214, 60, 124),
             (222, 176, 176)],
    "purple": [(96, 64, 132), (130, 100, 160), (186, 170, 214), (84, 56, 92)],
    "yellow": [(240, 208, 90), (212, 172, 60), (236, 220, 140), (196, 160, 40)],
    "orange": [(228, 126, 52), (200, 100, 56), (236, 150, 100)],
    "brown": [(98, 67, 48), (68, 50, 40), (134, 92, 62), (120, 98, 82)],
    "beige": [(214, 196, 168), (188, 164, 132), (236, 226, 206), (176, 156, 134),
              (188, 145, 97)],
}  # fmt: skip
COLOUR_NAMES = tuple(_SHADES)
MAX_COLOURS = 3
_MAX_GAIN = 1.3
_GRID = (30, 40)  # width and height in pixels
_CLUSTERS = 5
_ROUNDS = 5
_SECOND_SHARE = 0.16  # least share of the middle, tuned by eye on real photos
_LIGHTNESS_WEIGHT = 0.62  # lightness matters less to the name than hue


def garment_colours(image: Image.Image) -> list[str]:
    """Return one to three of COLOUR_NAMES, the main colour of the garment first.

    The photo is reduced and its pixels are clustered in CIELAB. The weight of a cluster
    along the edges is subtracted from its weight in the middle, so that the backdrop
    does not count. The result is deterministic.
    """
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    small = rgb.resize(_GRID, Image.Resampling.BOX, reducing_gap=2)
    pixels = _lab(_exposed(np.asarray(small, np.float32).reshape(-1, 3) / 255))
    labels, centres = _clusters(pixels)
    middle, edge = _weights()
    inside = np.bincount(labels, middle, _CLUSTERS)
    outside = np.bincount(labels, edge, _CLUSTERS)
    return _chosen(centres, inside, inside - 0.5 * outside)


def _chosen(centres: np.ndarray, inside: np.ndarray, garment: np.ndarray) -> list[str]:
    order = np.argsort(-garment)
    names = {_name(centres[order[0]]): garment[order[0]]}
    for index in order[1:]:
        if garment[index] > 0:
            name = _name(centres[index])
            names[name] = names.get(name, 0) + garment[index]
    enough = _SECOND_SHARE * inside.sum()
    first, *others = names
    seen = sorted((n for n in others if names[n] >= enough), key=lambda n: -names[n])
    return [first, *seen][:MAX_COLOURS]


def _exposed(rgb: np.ndarray) -> np.ndarray:
    """Brighten a dim photo, so that its white is not called grey."""
    brightest = np.percentile(rgb.max(axis=1), 97)
    return np.minimum(rgb * min(0.95 / max(brightest, 0.01), _MAX_GAIN), 1)


def _lab(rgb: np.ndarray) -> np.ndarray:
    """Convert (N, 3) sRGB in 0..1 to (N, 3) CIELAB with white point D65."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _XYZ.T
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]],
    np.float32,
) / np.array([[0.9505], [1.0], [1.089]], np.float32)


def _clusters(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run k-means from pixels at even steps of lightness; return labels and centres."""
    order = np.argsort(pixels[:, 0], kind="stable")
    steps = (np.arange(_CLUSTERS) + 0.5) / _CLUSTERS * len(pixels)
    centres = pixels[order[steps.astype(int)]]
    labels = np.zeros(len(pixels), int)
    for _ in range(_ROUNDS):
        distances = (centres**2).sum(axis=1) - 2 * pixels @ centres.T
        labels = distances.argmin(axis=1)
        counts = np.bincount(labels, minlength=_CLUSTERS)
        sums = [np.bincount(labels, pixels[:, i], _CLUSTERS) for i in range(3)]
        means = np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None]
        centres = np.where(counts[:, None] > 0, means, centres).astype(np.float32)
    return labels, centres


@functools.lru_cache(maxsize=1)
def _weights() -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(-1, 1, _GRID[0])[None, :]
    y = np.linspace(-1, 1, _GRID[1])[:, None]
    middle = np.exp(-((x / 0.42) ** 2 + (y / 0.5) ** 2)).ravel()
    edge = (np.maximum(np.abs(x), np.abs(y)) > 0.9).astype(float).ravel()
    return middle / middle.sum(), edge / edge.sum()


@functools.lru_cache(maxsize=1)
def _palette() -> tuple[list[str], np.ndarray]:
    names = [name for name, shades in _SHADES.items() for _ in shades]
    shades = [shade for shades in _SHADES.values() for shade in shades]
    return names, _lab(np.array(shades, np.float32) / 255)


def _name(lab: np.ndarray) -> str:
    names, shades = _palette()
    away = (shades - lab) * np.array([_LIGHTNESS_WEIGHT, 1.0, 1.0])
    return names[int((away**2).sum(axis=1).argmin())]
