"""What a search by words means, as lexemes."""

from catalog.product_words.document import join_initials
from catalog.product_words.lexemes import stem_words
from catalog.synonyms.rules import Phrase, Synonyms, phrase_of
from catalog.word_query.syntax import parse


def meanings(words: str, synonyms: Synonyms) -> list[list[Phrase]]:
    """Return, for each word or phrase in turn, the lexemes of it and of its synonyms.

    Empty where words are excluded, exact, alternatives or signs.
    """
    alternatives = parse(words)
    clauses = alternatives[0] if len(alternatives) == 1 else []
    if len(clauses) != 1 or clauses[0].excluded or clauses[0].exact:
        return []
    terms = join_initials(clauses[0].terms)
    if any(term.literal for term in terms):
        return []
    stems = stem_words({w for term in terms for w in (*term.parts, *term.wholes)})
    found: list[list[Phrase]] = []
    start = 0
    while start < len(terms):
        for number in range(min(synonyms.longest, len(terms) - start), 0, -1):
            phrase = phrase_of(terms[start : start + number], stems)
            others = synonyms.also.get(phrase, ())
            if others or number == 1:
                break
        found += [[phrase, *others]] if phrase else []
        start += number
    return found
