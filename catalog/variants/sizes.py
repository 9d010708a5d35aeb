"""Sizes as they are worn, from small to large."""

import re

_LETTERS = re.compile(r"(?:(\d+)?(x*))([sml])")  # XS, M, XXL, 3XL
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def size_order(size: str) -> tuple[int, float, str]:
    """Return a key to sort by: letters, then numbers, then other sizes."""
    text = size.strip().lower()
    if letters := _LETTERS.fullmatch(text):
        times, several, letter = letters.groups()
        steps = int(times) if times else len(several)
        return 0, {"s": -1 - steps, "m": 0, "l": 1 + steps}[letter], text
    if number := _NUMBER.match(text):
        return 1, float(number[0].replace(",", ".")), text
    return 2, 0, text
