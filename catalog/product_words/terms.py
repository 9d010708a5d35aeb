"""Split text into terms, before Postgres sees it.

Its own parser reads `Black/White` as a file, `Slim.Fit` as a host and `1.5` as a
number, and does not split scripts without spaces.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from catalog.product_words.letters import fold

MAX_WORD_CHARS = 40
MAX_PARTS = 6  # of a term that is also found as a whole
# Written without spaces: Thai to Burmese, Khmer, Chinese, Japanese and Korean.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff"
    "\u3131-\u318e\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# Vowel signs of Indian scripts and accents that no letter has absorbed.
_SIGNS = "\u0300-\u036f\u0900-\u0963\u0966-\u0dff"
LETTER = rf"(?:(?![{UNSPACED}_])[\w{_SIGNS}])"
_DASHES = "\\-\u058a\u05be\u1400\u2010-\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d"
_APOSTROPHES = "'`\u00b4\u02b9-\u02bd\u2018-\u201b\u2032\u2035"
_OTHERS = "/\\\\.+_&@\u00b7\u2022\u2044\u2215\u30fb"
JOINT = rf"[{_DASHES}{_APOSTROPHES}{_OTHERS}]"
_DECIMAL = re.compile(r"\d+[.,]\d+")
_TERM = re.compile(
    rf"(?P<decimal>(?<![\w.,])\d+[.,]\d+(?![\w.,]*\d))"
    rf"|(?P<run>[{UNSPACED}]+)"
    rf"|(?P<word>{LETTER}+(?:{JOINT}{LETTER}+)*)"
    rf"|(?P<symbol>[\u203c-\u3299\U0001f000-\U0001faff])"
)
_SPLIT = re.compile(JOINT)
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
_DASH_OR_DOT = re.compile(f"[{_DASHES}{_APOSTROPHES}.]")


@dataclass(frozen=True)
class Term:
    """A word, words that are joined, or a run of characters without spaces.

    `parts` stand one after the other, and `wholes` where the first stands. Parts of
    `literal` terms are not stemmed. `in_order` says that the order of parts counts.
    """

    parts: tuple[str, ...]
    wholes: tuple[str, ...] = ()
    literal: bool = False
    in_order: bool = True

    @property
    def is_word(self) -> bool:
        return len(self.parts) == 1 and not self.literal

    @property
    def has_initial(self) -> bool:
        """Return whether a part is a single letter, as in `V-neck`."""
        return bool(self.wholes) and any(
            len(part) == 1 and part.isalpha() for part in self.parts
        )


def split_terms(text: str) -> Iterator[Term]:
    return map(_term, _TERM.finditer(fold(text)))


def _term(match: re.Match[str]) -> Term:
    text = match[0]
    if match.lastgroup == "run":
        return Term(_pairs(text), literal=True)
    if match.lastgroup == "symbol":
        return Term((text,), literal=True)
    if match.lastgroup == "decimal":
        return _decimal(text)
    parts = tuple(part[:MAX_WORD_CHARS] for part in _SPLIT.split(text))
    if len(parts) == 1:
        return Term(parts)
    whole = "".join(parts)
    is_short = len(parts) <= MAX_PARTS and len(whole) <= MAX_WORD_CHARS
    in_order = all(_DASH_OR_DOT.fullmatch(joint) for joint in _SPLIT.findall(text))
    return Term(parts, (whole,) if is_short else (), in_order=in_order)


def _decimal(text: str) -> Term:
    """1.5 and 1,5 are the same; 1.000 and 1,000 may be a thousand."""
    units, rest = re.split("[.,]", text)
    wholes = [f"{units}dot{rest}"[:MAX_WORD_CHARS]]
    if len(rest) == 3 and len(units) <= 3:
        wholes.append(units + rest)
    return Term((units[:MAX_WORD_CHARS], rest[:MAX_WORD_CHARS]), tuple(wholes))


def _pairs(run: str) -> tuple[str, ...]:
    """Return each character with the next one; the last one alone."""
    return tuple(run[i : i + 2] for i in range(len(run)))
