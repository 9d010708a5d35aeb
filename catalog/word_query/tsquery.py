"""Write a query for Postgres, of lexemes that `catalog.product_words` has stored.

Each word may stand in a document in several ways: as its stem, as another spelling, as
a part or as the whole of joined words, or as a synonym.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from django.contrib.postgres.search import SearchQuery

from catalog.product_words.document import join_initials
from catalog.product_words.lexemes import quote, stem_words
from catalog.product_words.spellings import spellings
from catalog.product_words.terms import Term
from catalog.product_words.vocabulary import complete, halves, known_words
from catalog.synonyms.rules import NO_SYNONYMS, Synonyms, phrase_of
from catalog.word_query.syntax import Clause

MAX_SPLIT = 12  # words of a query that may be two words, or two that may be one


# A quoted lexeme, and the star of a prefix.
_LEXEME = re.compile(r"(?P<lexeme>'(?:[^'\\]|''|\\.)*')(?::(?P<prefix>\*))?")
_ESCAPED = re.compile(r"(['\\])(.)")


class TsQuery(SearchQuery):
    """A query whose text is of Postgres's type tsquery already.

    `phrase` is that of the words one after the other, empty for one word.
    """

    def __init__(self, text: str, phrase: str = "") -> None:
        super().__init__(text, search_type="raw")
        self.text, self.phrase = text, phrase

    def within(self, weights: str, *, phrase: bool = False) -> "TsQuery":
        """Return the query of words that have one of the weights in a document."""
        text = self.phrase if phrase else self.text
        return TsQuery(_LEXEME.sub(rf"\g<lexeme>:\g<prefix>{weights}", text))

    def wanted(self) -> tuple[set[str], tuple[str, ...]]:
        """Return the lexemes that a document should have, and beginnings of others."""
        lexemes: set[str] = set()
        beginnings: set[str] = set()
        for excluded, match in _walk(self.text):
            if not excluded:
                lexeme = _ESCAPED.sub(r"\2", match["lexeme"][1:-1])
                (beginnings if match["prefix"] else lexemes).add(lexeme)
        return lexemes, tuple(beginnings)

    def as_sql(  # type: ignore[override]
        self, *args: Any, **options: Any
    ) -> tuple[str, list[str]]:
        return "%s::tsquery", [self.text]


def _walk(text: str) -> Iterator[tuple[bool, re.Match[str]]]:
    """Yield each lexeme, and whether it is behind a `!`."""
    depth, excluded_from = 0, 0
    for match in re.finditer(rf"!\(|[()]|{_LEXEME.pattern}", text):
        if match["lexeme"]:
            yield excluded_from > 0, match
        elif match[0] == ")":
            depth -= 1
            excluded_from = excluded_from if depth >= excluded_from else 0
        else:
            depth += 1
            if match[0] == "!(" and not excluded_from:
                excluded_from = depth


@dataclass
class Writer:
    """Writes clauses with the stems and the known words that they need."""

    stems: dict[str, str]
    known: set[str]
    synonyms: Synonyms

    @classmethod
    def of(cls, terms: Sequence[Term], synonyms: Synonyms) -> "Writer":
        plain = [term for term in terms if not term.literal]
        words = {word for term in plain for word in (*term.parts, *term.wholes)}
        words |= {other for word in words for other in spellings(word)}
        pairs = {
            one.parts[0] + other.parts[0]
            for one, other in pairwise(plain)
            if one.is_word and other.is_word
        }
        whole = [term.parts[0] for term in plain if term.is_word][:MAX_SPLIT]
        split = {half for word in whole for pair in halves(word) for half in pair}
        known = known_words(split | pairs) if split | pairs else set()
        return cls(stem_words(words | pairs | known), known, synonyms)

    def clause(self, clause: Clause, *, last_is_prefix: bool = False) -> str:
        if clause.exact:
            text = self._phrase(clause.terms)
        elif clause.excluded:
            text = _all(self._term(term) for term in clause.terms)
        else:
            text = self._plain(clause.terms, last_is_prefix)
        return f"!({text})" if clause.excluded and text else text

    def word(self, term: Term) -> str:
        """Return the query of a term alone, with its synonyms."""
        return _any([self._term(term), *self._synonyms((term,))])

    def phrase(self, terms: Sequence[Term]) -> str:
        """Return the query of the terms as they stand, empty for one."""
        return self._phrase(terms) if len(terms) > 1 else ""

    def _plain(self, terms: tuple[Term, ...], last_is_prefix: bool) -> str:
        parts: list[str] = []
        if last_is_prefix:
            *rest, last = terms
            terms, parts = tuple(rest), [self._prefix(last)]
        start = 0
        while start < len(terms):
            number, text = self._group(terms, start)
            parts.append(text)
            start += number
        return _all(parts)

    def _group(self, terms: tuple[Term, ...], start: int) -> tuple[int, str]:
        """Return how many terms belong together from here, and their query."""
        for number in range(min(self.synonyms.longest, len(terms) - start), 1, -1):
            group = terms[start : start + number]
            if others := self._synonyms(group):
                return number, _any([_all(map(self.word, group)), *others])
        pair = terms[start : start + 2]
        if len(pair) == 2 and pair[0].is_word and pair[1].is_word:
            joined = pair[0].parts[0] + pair[1].parts[0]
            if joined in self.known:
                apart = _all(map(self.word, pair))
                return 2, _any([apart, quote(self.stems[joined])])
        return 1, self.word(terms[start])

    def _term(self, term: Term) -> str:
        if term.literal:
            return _run(term.parts)
        if term.is_word:
            return self._word(term.parts[0])
        ways = [self._lexemes(whole) for whole in term.wholes]
        if not term.has_initial:
            apart = [self._lexemes(part) for part in term.parts]
            ways.append(self._phrase([term]) if term.in_order else _all(apart))
        return _any(ways)

    def _word(self, word: str) -> str:
        split = [
            f"({quote(self.stems[one])} <-> {quote(self.stems[other])})"
            for one, other in halves(word)
            if {one, other} <= self.known and self.stems[one] and self.stems[other]
        ]
        return _any([self._lexemes(word), *split]) if self._lexemes(word) else ""

    def _lexemes(self, word: str) -> str:
        lexemes = [self.stems[each] for each in (word, *spellings(word))]
        # Codes are stored as they are.
        lexemes += [word] if any(map(str.isdigit, word)) else []
        return _any(quote(lexeme) for lexeme in dict.fromkeys(lexemes) if lexeme)

    def _prefix(self, term: Term) -> str:
        if term.literal:
            return _run(term.parts)
        begun = term.wholes[0] if term.wholes else term.parts[0]
        completed = complete(begun)
        stems = stem_words(completed)
        ways = [quote(stem) for stem in dict.fromkeys(stems.values()) if stem]
        if any(map(str.isdigit, begun)):
            ways.append(f"{quote(begun)}:*")
        return _any([self.word(term), *ways])

    def _phrase(self, terms: Sequence[Term]) -> str:
        """Return the lexemes with the distances that the words stand apart."""
        placed: list[tuple[int, str]] = []
        position = 0
        for term in terms:
            if term.literal:
                parts = [quote(part) for part in _stored(term.parts)]
                position += 1 if len(term.parts) > 1 else 0  # the last one alone
            elif term.has_initial:
                whole = _any(self._lexemes(whole) for whole in term.wholes)
                parts = [whole, *[""] * (len(term.parts) - 1)]
            else:
                parts = [self._lexemes(part) for part in term.parts]
            for part in parts:
                placed.append((position, part))
                position += 1
        return _in_order([each for each in placed if each[1]])

    def _synonyms(self, terms: Sequence[Term]) -> list[str]:
        return [
            _all(map(quote, phrase))
            for phrase in self.synonyms.also.get(phrase_of(terms, self.stems), ())
        ]


def write_query(
    alternatives: Sequence[Sequence[Clause]],
    *,
    last_is_prefix: bool = False,
    synonyms: Synonyms = NO_SYNONYMS,
) -> tuple[str, str]:
    """Return the texts of a tsquery, and of one for the words one after the other.

    The first is empty if there is nothing to search for, the second for one word.
    """
    alternatives = [
        [replace(clause, terms=join_initials(clause.terms)) for clause in clauses]
        for clauses in alternatives
    ]
    terms = [t for clauses in alternatives for clause in clauses for t in clause.terms]
    writer = Writer.of(terms, synonyms)
    written = []
    for clauses in alternatives:
        last = len(clauses) - 1 if clauses is alternatives[-1] else -1
        prefixed = last_is_prefix and not (clauses[-1].exact or clauses[-1].excluded)
        written.append(
            _all(
                writer.clause(clause, last_is_prefix=prefixed and number == last)
                for number, clause in enumerate(clauses)
            )
        )
    clauses = alternatives[0] if len(alternatives) == 1 else []
    phrase = writer.phrase(clauses[0].terms) if len(clauses) == 1 else ""
    return _any(written), phrase


def write_words(terms: Mapping[str, Term], *, synonyms: Synonyms) -> dict[str, str]:
    """Return the query of each term alone, by the same keys."""
    writer = Writer.of(list(terms.values()), synonyms)
    return {key: writer.word(term) for key, term in terms.items()}


def _stored(pairs: Sequence[str]) -> Sequence[str]:
    return pairs[:-1] if len(pairs) > 1 else pairs


def _run(pairs: Sequence[str]) -> str:
    if len(pairs) == 1:  # any pair that begins with it, or the last of a run
        return f"{quote(pairs[0])}:*"
    return f"({' <-> '.join(map(quote, _stored(pairs)))})"


def _in_order(placed: list[tuple[int, str]]) -> str:
    if not placed:
        return ""
    text = placed[0][1]
    for (before, _), (position, word) in pairwise(placed):
        text += f" <{position - before}> {word}"
    return f"({text})" if len(placed) > 1 else text


def _all(parts: Iterable[str]) -> str:
    return _join(parts, " & ")


def _any(parts: Iterable[str]) -> str:
    return _join(parts, " | ")


def _join(parts: Iterable[str], operator: str) -> str:
    given = [part for part in dict.fromkeys(parts) if part]
    return f"({operator.join(given)})" if len(given) > 1 else "".join(given)
