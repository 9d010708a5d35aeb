"""Colours of a merchant on the paper of the shop's pages.

Formulas: WCAG 2.2, relative luminance and contrast ratio.
"""

from functools import cache

MIN_CONTRAST = 4.5  # WCAG AA for text
PAPERS = {"light": "#faf8f4", "dark": "#161412"}  # --paper of shop.css
_INKS = ("#ffffff", "#1d110c")


def _channels(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in _channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@cache
def readable(colour: str, paper: str) -> str:
    """Return the colour, as much darker or lighter as text on the paper needs."""
    goal = 0.0 if luminance(paper) > 0.2 else 1.0
    for step in range(101):
        mixed = [c + (goal - c) * step / 100 for c in _channels(colour)]
        tried = "#" + "".join(f"{round(255 * c):02x}" for c in mixed)
        if contrast(tried, paper) >= MIN_CONTRAST:
            break
    return tried


def ink_on(colour: str) -> str:
    """Return the better of white and nearly black for text on the colour."""
    return max(_INKS, key=lambda ink: contrast(ink, colour))
