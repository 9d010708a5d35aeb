"""Search for products by words, for pages, API and photo search."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery
from django.db import connection
from django.db.models import QuerySet

from catalog.models import Product

MAX_WORDS_CHARS = 200
MAX_RESULTS = 500
MAX_RANKED = 1000  # products of a search; the newest, if more match
MAX_CORRECTED_WORDS = 8  # per search
_MIN_RATIO = 0.7  # SequenceMatcher.ratio() of a correction: 0.89 for drss, dress
_CANDIDATES = 200  # many, since swapping two letters leaves few equal trigrams
_NO_TEXT = {"So", "Sk", "Cf", "Me"}  # Unicode categories of emoji and joiners
_BLANK = re.compile(r"[\s\0-\x1f\x7f]+")
# Dashes that exclude nothing; Postgres fails if there are too many.
_IDLE_DASH = re.compile(r'-(?![\w"])')
# "a phrase", -"one", a word, -word
_PART = re.compile(r'-?"[^"]*"?|\S+')
_PLAIN = re.compile(r"[^\W_]+(?:[-'\N{RIGHT SINGLE QUOTATION MARK}][^\W_]+)*")

_KNOWN = """EXISTS (
    SELECT FROM catalog_productwords w JOIN catalog_product p ON p.id = w.product_id
    WHERE p.status = 'published' AND w.document @@ plainto_tsquery('english', {}.word)
)"""
# Words that no published product has, each with similar words that some have.
_UNKNOWN = f"""
SELECT given.word, ARRAY(
    SELECT near.word FROM (
        SELECT DISTINCT word, similarity(given.word, word) AS likeness
        FROM catalog_word WHERE similarity(given.word, word) >= 0.15
        ORDER BY likeness DESC, word LIMIT {_CANDIDATES}
    ) AS near
    WHERE {_KNOWN.format("near")}
)
FROM unnest(%s::text[]) AS given (word)
WHERE numnode(plainto_tsquery('english', given.word)) > 0
    AND NOT {_KNOWN.format("given")}
"""


class WordsError(ValueError):
    """The words cannot be searched for; the message is a sentence for people."""


@dataclass(frozen=True)
class WordsQuery:
    words: str  # corrected if necessary
    original: str  # as given, cleaned
    last_is_prefix: bool = False

    @property
    def corrected(self) -> bool:
        return self.words != self.original

    @property
    def query(self) -> SearchQuery | CombinedSearchQuery:
        """Return the query for Postgres, whose only syntax is -word and "a phrase"."""
        *head, last = self.words.split(" ")
        if not self.last_is_prefix or not (plain := _PLAIN.fullmatch(last)):
            return _web_query(self.words)
        prefix = f"'{plain[0].replace(chr(39), ' ')}':*"
        last_query = SearchQuery(
            prefix, search_type="raw", config="english"
        ) | SearchQuery(prefix, search_type="raw", config="simple")
        return _web_query(" ".join(head)) & last_query if head else last_query


def _web_query(words: str) -> SearchQuery:
    return SearchQuery(words, search_type="websearch", config="english")


def clean(words: str) -> str:
    """Normalise letters, spaces and control characters. Raises WordsError."""
    if len(words) > MAX_WORDS_CHARS:
        raise WordsError(
            f"Search with at most {MAX_WORDS_CHARS} characters; these are {len(words)}."
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
    if not query.words:
        return []
    searched = Product.objects.published() if products is None else products
    ranked = searched.best_of_newest(query.query, MAX_RANKED)  # type: ignore[attr-defined]
    return list(ranked.values_list("id", flat=True)[:limit])


def _queries(original: str) -> Iterator[WordsQuery]:
    yield WordsQuery(original, original)
    yield WordsQuery(original, original, last_is_prefix=True)
    corrected = _correct(_without_emoji(original))
    if corrected and corrected != original:
        yield WordsQuery(corrected, original)
        yield WordsQuery(corrected, original, last_is_prefix=True)


def _has_results(query: WordsQuery) -> bool:
    return Product.objects.published().matching(query.query).exists()


def _without_emoji(words: str) -> str:
    # Postgres takes emoji and invisible marks for words or for a part of one.
    text = [" " if unicodedata.category(sign) in _NO_TEXT else sign for sign in words]
    return clean("".join(text).replace("\N{VARIATION SELECTOR-16}", ""))


def _correct(words: str) -> str:
    """Replace each unknown word with the most similar known one, if there is one."""
    parts = _PART.findall(words)
    plain = [part.lower() for part in parts if part.isalpha() and len(part) > 2]
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, [plain[:MAX_CORRECTED_WORDS]])
        corrections = {
            word: _most_similar(word, known) for word, known in cursor.fetchall()
        }
    return " ".join(corrections.get(part.lower(), part) for part in parts)


def _most_similar(word: str, known: list[str]) -> str:
    ratios = [(SequenceMatcher(None, word, one).ratio(), one) for one in known]
    ratio, best = max(ratios, default=(0.0, word), key=lambda each: each[0])
    return best if ratio >= _MIN_RATIO else word
