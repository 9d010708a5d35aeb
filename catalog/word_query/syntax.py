"""The only syntax of searches by words: -word, "a phrase", and `or` between words."""

import re
from dataclasses import dataclass

from catalog.product_words.terms import Term, split_terms

PART = re.compile(r'-?"[^"]*"?|\S+')


@dataclass(frozen=True)
class Clause:
    """Words that stand together; `exact` ones are found as written only."""

    terms: tuple[Term, ...]
    excluded: bool = False
    exact: bool = False


def parse(words: str) -> list[list[Clause]]:
    """Return alternatives, each a list of clauses that must all be true."""
    alternatives: list[list[Clause]] = [[]]
    for part in PART.findall(words):
        if part.lower() == "or":
            if alternatives[-1]:
                alternatives.append([])
        elif clause := _clause(part):
            _add(alternatives[-1], clause)
    return [each for each in alternatives if each]


def _clause(part: str) -> Clause | None:
    bare = part.removeprefix("-")
    terms = tuple(split_terms(bare.strip('"')))
    if not terms:
        return None
    return Clause(terms, excluded=bare != part, exact=bare.startswith('"'))


def _add(clauses: list[Clause], clause: Clause) -> None:
    last = clauses[-1] if clauses else None
    if last and not (clause.excluded or clause.exact or last.excluded or last.exact):
        clauses[-1] = Clause(last.terms + clause.terms)
    else:
        clauses.append(clause)
