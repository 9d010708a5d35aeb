"""Search for products by words, for pages, API and photo search."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import connections
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.product_words.terms import Term, split_terms
from catalog.product_words.vocabulary import complete, near_words
from catalog.synonyms.shop import shop_synonyms
from catalog.word_query.syntax import PART, parse
from catalog.word_query.tsquery import TsQuery, write_query, write_words

MAX_WORDS_CHARS = 200
MAX_RESULTS = 500
MAX_RANKED = 1000  # products of a search; the newest, if more match
MAX_CORRECTED_WORDS = 8  # per search
MAX_CORRECTIONS = 10  # of a word
MIN_CORRECTED_CHARS = 3
_BLANK = re.compile(r"[\s\0-\x1f\x7f]+")
_IDLE_DASH = re.compile(r'-(?![\w"])')  # one that excludes nothing

# Which of these queries find a published product.
_FINDING = """
SELECT given.word FROM unnest(%s::text[], %s::text[]) AS given (word, query)
WHERE EXISTS (
    SELECT FROM catalog_productwords w JOIN catalog_product p ON p.id = w.product_id
    WHERE p.status = 'published' AND w.document @@ given.query::tsquery
)
"""


class WordsError(ValueError):
    """The words cannot be searched for; the message is a sentence for people."""


@dataclass(frozen=True)
class WordsQuery:
    words: str  # corrected if necessary
    original: str  # as given, cleaned
    tsquery: str = ""
    phrase: str = ""

    @classmethod
    def of(
        cls, words: str, original: str | None = None, *, last_is_prefix: bool = False
    ) -> "WordsQuery":
        given = words if original is None else original
        tsquery, phrase = write_query(
            parse(words), last_is_prefix=last_is_prefix, synonyms=shop_synonyms()
        )
        return cls(words, given, tsquery, phrase)

    @property
    def corrected(self) -> bool:
        return self.words != self.original

    @property
    def query(self) -> TsQuery:
        return TsQuery(self.tsquery, self.phrase)


def clean(words: str) -> str:
    """Normalise letters, spaces and control characters. Raises WordsError."""
    if len(words) > MAX_WORDS_CHARS:
        raise WordsError(
            _("Search with at most %(limit)d characters; these are %(length)d.")
            % {"limit": MAX_WORDS_CHARS, "length": len(words)}
        )
    text = unicodedata.normalize("NFC", words.encode(errors="ignore").decode())
    text = _IDLE_DASH.sub("", text)
    return _BLANK.sub(" ", text).strip()


def interpret(words: str) -> WordsQuery:
    """Return the first query that finds published products. Raises WordsError.

    The words are tried as they are, then with the last as a prefix, then both again
    with unknown words corrected.
    """
    original = clean(words)
    queries = _queries(original) if original else iter(())
    return next(filter(_has_results, queries), WordsQuery(original, original))


def find(
    words: str, *, limit: int = MAX_RESULTS, products: QuerySet[Product] | None = None
) -> list[int]:
    """Return ids of matching products, best first. Raises WordsError.

    `products` are all published ones by default.
    """
    query = interpret(words)
    if not query.tsquery:
        return []
    searched = Product.objects.published() if products is None else products
    ranked = searched.best_of_newest(query.query, MAX_RANKED)  # type: ignore[attr-defined]
    return list(ranked.values_list("id", flat=True)[:limit])


def _queries(original: str) -> Iterator[WordsQuery]:
    yield WordsQuery.of(original)
    yield WordsQuery.of(original, last_is_prefix=True)
    corrected = _correct(original)
    if corrected and corrected != original:
        yield WordsQuery.of(corrected, original)
        yield WordsQuery.of(corrected, original, last_is_prefix=True)


def _has_results(query: WordsQuery) -> bool:
    if not query.tsquery:
        return False
    return Product.objects.published().matching(query.query).exists()


def _correct(words: str) -> str:
    """Replace each unknown word with the nearest known one, if there is one.

    Signs such as emoji, which no product has, are left out.
    """
    parts = PART.findall(words)
    terms = {part: term for part in parts if (term := _corrigible(part))}
    known = _finding(terms)
    unknown = [part for part in terms if part not in known]
    near: dict[str, list[str]] = {
        part: _candidates(terms[part].parts[0])
        for part in unknown[:MAX_CORRECTED_WORDS]
        if not terms[part].literal
    }
    words_near = {word for each in near.values() for word in each}
    finding = _finding({word: Term((word,)) for word in words_near})
    corrections = {
        part: next((word for word in each if word in finding), part)
        for part, each in near.items()
    }
    corrections |= {part: "" for part in unknown if terms[part].literal}
    return " ".join(filter(None, (corrections.get(part, part) for part in parts)))


def _candidates(word: str) -> list[str]:
    """Return known words that may be meant: mistyped, or begun."""
    return (near_words(word) or complete(word))[:MAX_CORRECTIONS]


def _corrigible(part: str) -> Term | None:
    """Return the one term of a part that may be a typing error, or an emoji."""
    terms = list(split_terms(part))
    if len(terms) != 1 or part[0] in '-"' or part.lower() == "or":
        return None
    (term,) = terms
    if term.literal:
        return term if not term.parts[0].isalnum() else None
    word = term.parts[0]
    is_word = term.is_word and word.isalpha() and len(word) >= MIN_CORRECTED_CHARS
    return term if is_word else None


def _finding(terms: Mapping[str, Term]) -> set[str]:
    """Return those of the words that find a published product, or say nothing."""
    queries = write_words(terms, synonyms=shop_synonyms())
    asked = {word: query for word, query in queries.items() if query}
    if not asked:
        return set(terms)
    with connections[Product.objects.db].cursor() as cursor:
        cursor.execute(_FINDING, [list(asked), list(asked.values())])
        return {word for (word,) in cursor.fetchall()} | (queries.keys() - asked.keys())
