"""Fold letters, so that different spellings of a word are the same text."""

import re
import unicodedata

from catalog.slugs import visible_text

_PLAIN_I = str.maketrans("İı", "ii")  # languages disagree on their case
# Letters that NFKD does not decompose -> how people write them without.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "þ": "th"}
    | {"ß": "ss", "æ": "ae", "œ": "oe", "ŋ": "n", "ə": "e", "ƒ": "f", "ĸ": "k"}
)
_JOINERS = re.compile("[\u200c\u200d\ufe00-\ufe0f\u0640]")
_MARKS_OF_TRADE = re.compile("[™®©℠]")  # NFKC would write "tm" behind the word
# Accents of Latin and Greek, those of the Cyrillic e; vowels of Arabic and Hebrew. The
# marks of other scripts tell letters apart.
_ACCENTS = re.compile(
    "(?<=[a-z\u0180-\u024f\u0370-\u03ff])[\u0300-\u036f]+"
    "|(?<=\u0435)\u0308"
    "|[\u064b-\u0655\u0670\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]"
)


def fold(text: str) -> str:
    """Lower-case, and drop accents, ligatures, widths and invisible characters."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", _ACCENTS.sub("", _decomposed(text)))


def _decomposed(text: str) -> str:
    text = _MARKS_OF_TRADE.sub(" ", _JOINERS.sub("", visible_text(text)))
    text = unicodedata.normalize("NFKC", text).translate(_PLAIN_I).casefold()
    return unicodedata.normalize("NFD", text.translate(_LETTERS)).translate(_LETTERS)
