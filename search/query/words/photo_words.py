"""Words beside a photo: `like this, in red` names a colour of the vector, and `like
this, striped` moves it to what is striped."""

from typing import NamedTuple

import numpy as np
from django.utils.translation import pgettext

from catalog.product_words.lexemes import stem_words
from catalog.product_words.terms import split_terms
from catalog.synonyms.rules import Phrase, phrase_of
from catalog.synonyms.shop import shop_synonyms
from catalog.word_query.meanings import meanings
from search.index.encoders import network_of
from search.index.word_map import word_looks
from search.models import Encoder
from search.query.start import normalize

# Words that only point at the photo, in English and German.
_POINTING = ("like", "similar", "same", "look", "looks", "wie", "ähnlich", "so", "nur")


# Of what the words look like, beside the photo's 1: the larger it is, the more results
# are as the words say, and the fewer have the photo's colour and cut.
WORDS_WEIGHT = 1.0


class PhotoWords(NamedTuple):
    """The colour that the words name, empty without one, whether they say more, the
    words without those that point, and what else they mean, to compare with photos."""

    colour: str
    more: bool
    text: str
    others: tuple[tuple[Phrase, ...], ...] = ()

    def move(self, vector: np.ndarray, encoder: Encoder) -> np.ndarray | None:
        """Return the unit vector moved to photos that look as the words say.

        None if it is not known what they look like.
        """
        known = word_looks()
        if known is None or known.encoder != encoder:
            return None
        looks = known.of(self.others)
        return normalize(vector + WORDS_WEIGHT * looks.vector) if looks else None


def read_photo_words(words: str, encoder: Encoder) -> PhotoWords:
    names = list(network_of(encoder).colours)
    colours = {_phrase(name): name for name in names}
    # The same name in the language of the page.
    spoken = {name: pgettext("colour", name.replace("-", " ")) for name in names}
    colours |= {_phrase(text): name for name, text in spoken.items()}
    pointing = {_phrase(word) for word in _POINTING}
    groups = meanings(words, shop_synonyms())
    if not groups:
        return PhotoWords("", bool(words), words)
    text = " ".join(word for word in words.split() if _phrase(word) not in pointing)
    colour, others = "", []
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
            others.append(tuple(groups[number - 1]))
    return PhotoWords(colour, bool(others), text, tuple(others))


def _phrase(text: str) -> Phrase:
    terms = tuple(split_terms(text))
    stems = stem_words({w for term in terms for w in (*term.parts, *term.wholes)})
    return phrase_of(terms, stems)
