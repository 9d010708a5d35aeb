"""Words that mean the same, or of which one is a kind of the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.product_words.document import join_initials
from catalog.product_words.lexemes import stem_words
from catalog.product_words.terms import Term, split_terms

MAX_SYNONYMS = 30  # of a phrase
Phrase = tuple[str, ...]  # lexemes


class RuleError(ValueError):
    """A line is no rule; the message says why."""


@dataclass(frozen=True)
class Rule:
    """`sneakers, trainers` find each other; `hoodie => sweatshirt` is one-way."""

    words: tuple[str, ...]
    also: tuple[str, ...] = ()  # what the words find too; empty for each other

    @classmethod
    def parse(cls, line: str) -> "Rule":
        """Raises RuleError."""
        left, arrow, right = line.partition("=>")
        words, also = _phrases(left), _phrases(right)
        if "=>" in right:
            raise RuleError("A line has at most one =>.")
        if arrow and not (words and also):
            raise RuleError("Write words on both sides of =>.")
        if not arrow and len(words) < 2:
            raise RuleError("Write at least two words or phrases, with commas between.")
        return cls(words, also)


@dataclass(frozen=True)
class Synonyms:
    """What else each phrase finds. A phrase has at most `longest` terms."""

    also: Mapping[Phrase, Sequence[Phrase]] = field(default_factory=dict)
    longest: int = 1


NO_SYNONYMS = Synonyms()


def phrase_of(terms: Sequence[Term], stems: Mapping[str, str]) -> Phrase:
    """Return the lexemes of the terms, without stop words."""
    words = (
        word
        for term in terms
        if not term.literal
        for word in (term.wholes if term.has_initial else term.parts)
    )
    return tuple(lexeme for word in words if (lexeme := stems[word]))


def compile_rules(rules: Iterable[Rule]) -> Synonyms:
    """Rules are not followed from one to the next, so that loops do no harm."""
    split = {
        text: join_initials(tuple(split_terms(text)))
        for rule in rules
        for text in (*rule.words, *rule.also)
    }
    terms = [term for each in split.values() for term in each]
    stems = stem_words({w for term in terms for w in (*term.parts, *term.wholes)})
    also: dict[Phrase, dict[Phrase, None]] = {}
    for rule in rules:
        finds = [phrase_of(split[text], stems) for text in rule.also or rule.words]
        for text in rule.words:
            phrase = phrase_of(split[text], stems)
            others = {each: None for each in finds if each and each != phrase}
            if phrase:
                also[phrase] = also.get(phrase, {}) | others
    longest = max(map(len, split.values()), default=1)
    return Synonyms(
        {phrase: tuple(found)[:MAX_SYNONYMS] for phrase, found in also.items()}, longest
    )


def _phrases(text: str) -> tuple[str, ...]:
    phrases = [" ".join(phrase.split()) for phrase in text.split(",")]
    return tuple(phrase for phrase in phrases if any(split_terms(phrase)))
