"""Mark in texts what a search by words has found."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.utils.html import escape

from catalog.product_words.letters import fold
from catalog.product_words.lexemes import stem_words
from catalog.product_words.terms import JOINT, LETTER, UNSPACED
from catalog.word_query.tsquery import TsQuery

EXCERPT_CHARS = 200
MAX_TEXT_CHARS = 20_000  # of a description that are looked at
_RUN = re.compile(rf"[{UNSPACED}]+|{LETTER}+(?:{JOINT}{LETTER}+)*")
_PART = re.compile(rf"{LETTER}+")
_UNSPACED = re.compile(rf"[{UNSPACED}]")

Span = tuple[int, int]


class Highlighter(NamedTuple):
    """Marks words with `<mark>`; the rest is escaped for HTML."""

    lexemes: set[str]
    beginnings: tuple[str, ...]
    stems: dict[str, str]

    @classmethod
    def of(cls, query: TsQuery, texts: Iterable[str]) -> "Highlighter":
        words = {
            each
            for text in texts
            for match in _RUN.finditer(text[:MAX_TEXT_CHARS])
            for each in (_whole(match[0]), *map(fold, _PART.findall(match[0])))
        }
        return cls(*query.wanted(), stem_words(words))

    def mark(self, text: str) -> str:
        return _write(text, list(self._spans(text)))

    def excerpt(self, text: str) -> str:
        """Return the part of a text around the first word found, empty without one."""
        text = text[:MAX_TEXT_CHARS]
        spans = list(self._spans(text))
        if not spans:
            return ""
        start = max(0, spans[0][0] - EXCERPT_CHARS // 4)
        start = text.find(" ", start, spans[0][0]) + 1 if start else 0
        end = start + EXCERPT_CHARS
        end = max(text.rfind(" ", start, end), spans[0][1]) if end < len(text) else end
        inside = [(a - start, b - start) for a, b in spans if start <= a and b <= end]
        before, after = "… " if start else "", " …" if end < len(text) else ""
        return f"{before}{_write(text[start:end], inside)}{after}"

    def _spans(self, text: str) -> Iterator[Span]:
        for match in _RUN.finditer(text):
            start = match.start()
            if _UNSPACED.match(match[0]):
                yield from self._pairs(match[0], start)
            elif self._is_found(_whole(match[0])):
                yield match.span()
            else:
                for part in _PART.finditer(match[0]):
                    if self._is_found(fold(part[0])):
                        yield start + part.start(), start + part.end()

    def _pairs(self, run: str, start: int) -> Iterator[Span]:
        """Yield the spans of scripts without spaces, where pairs are lexemes."""
        end = 0
        for number in range(len(run)):
            pair = fold(run[number : number + 2])
            if pair in self.lexemes or pair.startswith(self.beginnings or ("\0",)):
                first = max(number, end)
                end = min(number + 2, len(run))
                if first < end:
                    yield start + first, start + end

    def _is_found(self, word: str) -> bool:
        stem = self.stems.get(word, "")
        begins = bool(self.beginnings) and word.startswith(self.beginnings)
        return bool({stem, word} & self.lexemes) or begins


def _whole(text: str) -> str:
    return fold(re.sub(JOINT, "", text))


def _write(text: str, spans: list[Span]) -> str:
    parts: list[str] = []
    end = 0
    for first, last in spans:
        parts += [escape(text[end:first]), f"<mark>{escape(text[first:last])}</mark>"]
        end = last
    return "".join([*parts, escape(text[end:])]).replace("</mark><mark>", "")
