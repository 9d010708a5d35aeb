"""The names of colours in the words of merchants."""

import re
from unicodedata import combining

from catalog.photos.colours import COLOUR_NAMES, MAX_COLOURS
from catalog.slugs import comparable, in_plain_letters

# English, German, French, Spanish, Italian and Turkish, without accents.
_WORDS = {
    "black": "schwarz noir noire negro nero siyah onyx jet",
    "white": "weiss blanc blanche blanco bianco beyaz snow",
    "grey": "gray grau gris grigio gri anthracite anthrazit charcoal silver silber",
    "navy": "marine dunkelblau lacivert midnight",
    "blue": "blau bleu bleue azul blu mavi cobalt denim indigo royal",
    "light blue": "hellblau sky turquoise himmelblau celeste",
    "green": "grun vert verte verde yesil emerald mint forest teal petrol",
    "olive": "oliv khaki haki",
    "red": "rot rouge rojo rosso kirmizi scarlet crimson",
    "burgundy": "bordeaux weinrot bordo wine maroon",
    "pink": "rosa rose pembe fuchsia magenta",
    "purple": "lila violett violet mor viola lavender plum aubergine",
    "yellow": "gelb jaune amarillo giallo sari gold mustard senf",
    "orange": "naranja arancione turuncu coral rust",
    "brown": "braun marron brun kahverengi chocolate cognac camel tan",
    "beige": "cream creme ecru ivory sand nude taupe offwhite bej",
}
_NAMES = {word: name for name, words in _WORDS.items() for word in words.split()}
_NAMES |= {name: name for name in COLOUR_NAMES}
_TWO_WORDS = {"off white": "beige", "light blue": "light blue", "dark blue": "navy"}


def name_colours(text: str) -> list[str]:
    """Return the names of COLOUR_NAMES that a merchant's colour has, in its order."""
    plain = in_plain_letters(comparable(text))  # with accents of their own
    words = re.findall(r"\w+", "".join(c for c in plain if not combining(c)))
    names: list[str] = []
    while words:
        pair = _TWO_WORDS.get(" ".join(words[:2]))
        names += [pair] if pair else filter(None, [_NAMES.get(words[0])])
        del words[: 2 if pair else 1]
    return list(dict.fromkeys(names))[:MAX_COLOURS]
