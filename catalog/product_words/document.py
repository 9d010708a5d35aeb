"""The documents that products are found by, as literals of Postgres's tsvector."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catalog.product_words.lexemes import quote
from catalog.product_words.spellings import spellings
from catalog.product_words.terms import Term, split_terms

MAX_POSITION = 16_000  # Postgres counts no further than 16,383
MAX_POSITIONS = 200  # of a lexeme; Postgres keeps 255
GAP = 10  # positions between two texts, over which no phrase reaches
MIN_END_CHARS = 4  # of the end of a code
MAX_CODE_CHARS = 24  # of which the ends are found too


@dataclass(frozen=True)
class TextPart:
    """A text of a product; `weight` is A (title, brand) to D (description)."""

    text: str
    weight: str


@dataclass(frozen=True)
class Placed:
    word: str
    position: int
    weight: str
    literal: bool  # not to be stemmed


def place_words(parts: Iterable[TextPart], codes: Iterable[str]) -> Iterator[Placed]:
    """Yield each word of the texts at its position, and what codes are found by."""
    position = 1
    for part in parts:
        for term in join_initials(list(split_terms(part.text))):
            for placed in _place(term, position, part.weight):
                if placed.position < MAX_POSITION:
                    yield placed
            position += len(term.parts)
        position += GAP
    for code in codes:
        for word in code_words(code):
            yield Placed(word, MAX_POSITION, "C", literal=True)


def _place(term: Term, position: int, weight: str) -> Iterator[Placed]:
    for number, part in enumerate(term.parts):
        yield Placed(part, position + number, weight, term.literal)
        if not term.literal:
            for other in spellings(part):
                yield Placed(other, position + number, weight, literal=False)
    for whole in term.wholes:
        yield Placed(whole, position, weight, literal=False)


def join_initials(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Join each letter with the word behind it, so that `V neck` is also `vneck`."""
    joined: list[Term] = []
    for term in terms:
        before = joined[-1] if joined else None
        if before and _is_initial(before) and term.is_word and term.parts[0].isalpha():
            parts = before.parts + term.parts
            joined[-1] = Term(parts, ("".join(parts),))
        else:
            joined.append(term)
    return tuple(joined)


def _is_initial(term: Term) -> bool:
    return term.is_word and len(term.parts[0]) == 1 and term.parts[0].isalpha()


def code_words(code: str) -> set[str]:
    """Return what finds an SKU or a GTIN: its parts, the whole and its ends."""
    terms = [term for term in split_terms(code) if not term.literal]
    parts = [part for term in terms for part in term.parts]
    whole = "".join(parts)[:64]
    ends = {
        text[start:]
        for text in (whole, *parts)
        if re.search(r"\d", text) and len(text) <= MAX_CODE_CHARS
        for start in range(len(text) - MIN_END_CHARS + 1)
    }
    return {word for word in (*parts, whole, *ends) if word}


def document_of(placed: Iterable[Placed], stems: dict[str, str]) -> str:
    """Write the literal; `stems` has the lexeme of each word."""
    positions: dict[str, set[str]] = defaultdict(set)
    for each in placed:
        lexeme = each.word if each.literal else stems[each.word]
        if lexeme and len(positions[lexeme]) < MAX_POSITIONS:
            positions[lexeme].add(f"{each.position}{each.weight}")
    return " ".join(
        f"{quote(lexeme)}:{','.join(sorted(places))}"
        for lexeme, places in sorted(positions.items())
        if places
    )
