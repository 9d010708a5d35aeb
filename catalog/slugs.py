import re
import unicodedata

# Letters that NFKD does not decompose -> how people write them in ASCII.
_NO_ACCENT = str.maketrans(
    {"\u0131": "i", "ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"}
)

# Characters that Unicode calls default ignorable (DerivedCoreProperties.txt), such as
# soft hyphens, zero-width spaces and marks of direction, but for variation selectors.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_JOINERS = "\u200c\u200d"
# Only these scripts and emoji look different with a joiner.
_IDLE_JOINER = re.compile(f"(?<![\u0600-\u1fff\u2190-\U0010ffff])[{_JOINERS}]")
_UNCOMPARED = re.compile(f"[{_JOINERS}\ufe00-\ufe0f]")
_PLAIN_I = str.maketrans("İı", "ii")  # languages disagree on their case


def visible_text(text: str) -> str:
    """Return the text in NFC, without characters that nobody sees."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return unicodedata.normalize("NFC", _IDLE_JOINER.sub("", text))


def comparable(text: str) -> str:
    """Return the same text for `NIKE`, `Nike ` and `Ni\u00adke`."""
    if text.isascii():  # the same, but faster: suggestions compare all brands
        return " ".join(text.casefold().split())
    plain = _UNCOMPARED.sub("", visible_text(text)).translate(_PLAIN_I)
    return " ".join(unicodedata.normalize("NFKC", plain.casefold()).split())


def ascii_letters(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def in_plain_letters(text: str) -> str:
    """Lower-case and NFKD-normalise; keep non-Latin letters."""
    return unicodedata.normalize("NFKD", text.lower().translate(_NO_ACCENT))


def slug_of(text: str) -> str:
    letters = ascii_letters(in_plain_letters(text))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
