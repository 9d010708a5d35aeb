import re
import unicodedata

# Letters that NFKD does not decompose -> how people write them in ASCII.
_NO_ACCENT = str.maketrans(
    {"\u0131": "i", "ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"}
)


def ascii_letters(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def in_plain_letters(text: str) -> str:
    """Lower-case and NFKD-normalise; keep non-Latin letters."""
    return unicodedata.normalize("NFKD", text.lower().translate(_NO_ACCENT))


def slug_of(text: str) -> str:
    letters = ascii_letters(in_plain_letters(text))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
