"""Words beside a photo: `like this, in red` names a colour of the vector."""

from typing import NamedTuple

from catalog.product_words.lexemes import stem_words
from catalog.product_words.terms import split_terms
from catalog.synonyms.rules import Phrase, phrase_of
from catalog.synonyms.shop import shop_synonyms
from catalog.word_query.meanings import meanings
from search.index.encoders import network_of
from search.models import Encoder

# Words that only point at the photo, in English and German.
_POINTING = ("like", "similar", "same", "look", "looks", "wie", "ähnlich", "so", "nur")


class PhotoWords(NamedTuple):
    """The colour that the words name, empty without one, and whether they say more."""

    colour: str
    more: bool


def read_photo_words(words: str, encoder: Encoder) -> PhotoWords:
    colours = {_phrase(name): name for name in network_of(encoder).colours}
    pointing = {_phrase(word) for word in _POINTING}
    groups = meanings(words, shop_synonyms())
    if not groups or not colours:
        return PhotoWords("", bool(words))
    colour, more = "", False
    number = 0
    while number < len(groups):
        following = groups[number + 1 : number + 2]
        pair = groups[number][0] + (following[0][0] if following else ())
        if following and pair in colours:  # light blue
            named, number = colours[pair], number + 2
        else:
            known = (colours[each] for each in groups[number] if each in colours)
            named, number = next(known, ""), number + 1
        if named and not colour:
            colour = named
        elif not named and groups[number - 1][0] not in pointing:
            more = True
    return PhotoWords(colour, more)


def _phrase(text: str) -> Phrase:
    terms = tuple(split_terms(text))
    return phrase_of(terms, stem_words({word for each in terms for word in each.parts}))
