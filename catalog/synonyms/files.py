"""Synonyms that come with FashionLens: a file for each language."""

from functools import cache
from pathlib import Path

from catalog.synonyms.rules import Rule, RuleError

FOLDER = Path(__file__).parent


class SynonymFileError(ValueError):
    """A line of a file is no rule; the message names it."""


@cache
def shipped_rules(language: str) -> tuple[Rule, ...]:
    file = FOLDER / f"{language}.txt"
    return read_rules(file) if file.exists() else ()


def read_rules(file: Path) -> tuple[Rule, ...]:
    """Raises SynonymFileError."""
    rules = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        text = line.partition("#")[0].strip()
        try:
            rules += [Rule.parse(text)] if text else []
        except RuleError as error:
            message = f"{file.name}, line {number}: {error} It is {line.strip()!r}."
            raise SynonymFileError(message) from error
    return tuple(rules)
