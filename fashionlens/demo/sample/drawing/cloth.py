"""Fabrics: the colour of a cloth at every point of its thread."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fashionlens.demo.sample.drawing import tiles
from fashionlens.demo.sample.drawing.fields import grit
from fashionlens.demo.sample.drawing.palette import companion, rgb, toned

Field = np.ndarray  # (H, W) float32, drawing units


@dataclass(frozen=True)
class Cloth:
    colour: np.ndarray  # (3,) float32 0..1
    pattern: str = "plain"
    second: np.ndarray | None = None
    seed: int = 0

    @property
    def other(self) -> np.ndarray:
        return companion(self.colour) if self.second is None else self.second

    def plain(self, tone: float = 0.0) -> "Cloth":
        return Cloth(toned(self.colour, tone), seed=self.seed)


def weave(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    """Return (3, H, W) float32 0..1; `scale` is pixels per unit."""
    try:
        pattern = PATTERNS[cloth.pattern]
    except KeyError:
        known = ", ".join(sorted(PATTERNS))
        raise ValueError(f"No pattern {cloth.pattern!r}; there are {known}.") from None
    colour = pattern(cloth, u, v, scale)
    if max(u.shape) <= len(grit()):  # a plain cut is quicker than a sample
        grain = grit()[: u.shape[0], : u.shape[1]]
    else:
        grain = _sampled(grit(), u, v, 1.6)
    return colour + grain * np.float32(0.010)


def _sampled(field: np.ndarray, u: Field, v: Field, fineness: float) -> np.ndarray:
    height, width = field.shape[-2:]
    rows = (v * np.float32(fineness)).astype(np.int32) % height
    columns = (u * np.float32(fineness)).astype(np.int32) % width
    return field[..., rows, columns]


def _bands(u: Field, period: float, share: float, scale: float) -> Field:
    at = np.abs(np.mod(u / np.float32(period), 1) - np.float32(0.5))
    edge = (np.float32(share / 2) - at) * np.float32(period * scale)
    return np.clip(edge + np.float32(0.5), 0, 1)


def _mixed(first: np.ndarray, second: np.ndarray, part: Field) -> np.ndarray:
    first, second = _planes(first), _planes(second)
    return first + (second - first) * part


def _planes(colour: np.ndarray) -> np.ndarray:
    return colour[:, None, None] if colour.ndim == 1 else colour


def _plain(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    return np.broadcast_to(_planes(cloth.colour), (3, *u.shape))


def _stripes(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    return _mixed(cloth.colour, cloth.other, _bands(v, 38, 0.5, scale))


def _breton(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    ground = rgb((241, 237, 228))
    lines = _bands(v, 21, 0.36, scale) * (v > 218)
    return _mixed(ground, cloth.colour, lines)


def _pinstripe(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    return _mixed(cloth.colour, cloth.other, _bands(u, 17, 0.11, scale) * 0.7)


def _vertical(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    return _mixed(cloth.colour, cloth.other, _bands(u, 26, 0.5, scale) * 0.9)


def _gingham(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    ground = rgb((246, 244, 240))
    part = (_bands(u, 23, 0.5, scale) + _bands(v, 23, 0.5, scale)) * 0.5
    return _mixed(ground, cloth.colour, part)


def _tartan(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    dark = toned(cloth.colour, -0.62)
    broad = (_bands(u, 74, 0.42, scale) + _bands(v, 74, 0.42, scale)) * 0.44
    out = _mixed(cloth.colour, dark, broad)
    thin = np.maximum(
        _bands(u + 37, 74, 0.045, scale), _bands(v + 37, 74, 0.045, scale)
    )
    return _mixed(out, cloth.other, thin * 0.75)


def _windowpane(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    lines = np.maximum(_bands(u, 46, 0.05, scale), _bands(v, 52, 0.045, scale))
    return _mixed(cloth.colour, cloth.other, lines * 0.7)


def _dots(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    period, radius = 27.0, 4.9
    row = np.floor(v / np.float32(period))
    x = np.mod(u + row % 2 * (period / 2), period) - period / 2
    y = np.mod(v, np.float32(period)) - period / 2
    inside = np.clip((radius - np.hypot(x, y)) * scale + 0.5, 0, 1)
    return _mixed(cloth.colour, cloth.other, inside)


def _heather(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    streaks = _sampled(grit(2, 8), v, u, 1.7) + _sampled(grit(), v, u, 1.3) * 0.5
    return _planes(cloth.colour) + streaks * np.float32(0.038)


def _denim(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    twill = _sampled(grit(1, 4), u + v * 0.6, v, 1.5) * np.float32(0.030)
    slub = _sampled(grit(2, 32), u, v, 1.2) * np.float32(0.026)
    worn = np.exp(-((u - 300) ** 2) / 21000.0).astype(np.float32)
    faded = np.float32(0.07) * np.abs(np.sin(u / 58)) * worn
    return _planes(cloth.colour) + (twill + slub + faded)


def _cord(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    ridge = np.sin(u * np.float32(2 * np.pi / 7.5)) * np.float32(0.075)
    return _planes(cloth.colour) * (1 + ridge)


def _knit(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    side = np.abs(np.mod(u / 11, 1) - np.float32(0.5)) * 2
    stitch = np.mod(v / np.float32(8) + side * np.float32(0.8), 1)
    wool = np.sin(stitch * np.pi) * 0.17 - 0.13 + side * np.float32(0.07)
    yarn = _sampled(grit(2, 2), u, v, 1.3) * np.float32(0.016)
    return _planes(cloth.colour) * (1 + wool) + yarn


def _cable(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    at = np.mod(u - 300 + 30, np.float32(60)) - 30
    sway = np.sin(v * np.float32(np.pi / 30)) * 7
    strands = [np.exp(-((at - s) ** 2) / 34) for s in (sway, -sway)]
    front = np.where(np.mod(v, 60) < 30, strands[0], strands[1])
    relief = np.maximum(np.maximum(*strands) * 0.75, front) * 0.2 - 0.08
    edge = np.exp(-((np.abs(at) - 16) ** 2) / 5) * np.float32(0.16)
    return _knit(cloth, u, v, scale) * (1 + relief - edge)


def _block(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    step = np.clip((v - 330) * scale + 0.5, 0, 1)
    low = np.clip((v - 400) * scale + 0.5, 0, 1)
    out = _mixed(cloth.other, rgb((232, 196, 120)), step)
    return _mixed(out, cloth.colour, low)


def _tie_dye(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
    x, y = u - 300, v - 380
    radius = np.hypot(x, y)
    wobble = _sampled(grit(64, 64), u, v, 1.0)
    angle = np.arctan2(y, x) * 3 + radius / 30 + wobble * 0.8
    part = np.clip(0.5 + 0.75 * np.sin(angle), 0, 1)
    return _mixed(cloth.colour, rgb((245, 240, 228)), part.astype(np.float32))


def _from_tile(name: str) -> Callable[[Cloth, Field, Field, float], np.ndarray]:
    def drawn(cloth: Cloth, u: Field, v: Field, scale: float) -> np.ndarray:
        colours = tuple(map(float, (*cloth.colour, *cloth.other)))
        tile = tiles.tile(name, colours, cloth.seed)
        return _sampled(tile, u, v, tiles.FINENESS)

    return drawn


PATTERNS: dict[str, Callable[[Cloth, Field, Field, float], np.ndarray]] = {
    "plain": _plain,
    "stripes": _stripes,
    "breton": _breton,
    "pinstripe": _pinstripe,
    "vertical": _vertical,
    "gingham": _gingham,
    "tartan": _tartan,
    "windowpane": _windowpane,
    "dots": _dots,
    "heather": _heather,
    "denim": _denim,
    "cord": _cord,
    "knit": _knit,
    "cable": _cable,
    "block": _block,
    "tie-dye": _tie_dye,
    "floral": _from_tile("floral"),
    "leaves": _from_tile("leaves"),
    "camo": _from_tile("camo"),
}
