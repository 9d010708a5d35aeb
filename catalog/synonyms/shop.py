"""The synonyms of the shop's language."""

from catalog.synonyms.rules import NO_SYNONYMS, Synonyms


def shop_synonyms() -> Synonyms:
    return NO_SYNONYMS
