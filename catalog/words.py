"""The one way to find products by words: pages, API and photo search all ask here."""

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
MAX_CORRECTED_WORDS = 8  # words of one search
_LIKELY = 0.7  # of a correction, as SequenceMatcher.ratio() counts: dress for drss, .89
_CANDIDATES = 200  # two letters swapped leave few trigrams
_NO_TEXT = {"So", "Sk", "Cf", "Me"}  # Unicode: pictures, their shades, what joins
_BLANK = re.compile(r"[\s\0-\x1f\x7f]+")
_IDLE_DASH = re.compile(
    r'-(?![\w"])'
)  # Postgres refuses more of them than it can stack
# "a phrase", -"one", a word, -word
_PART = re.compile(r'-?"[^"]*"?|\S+')
_PLAIN = re.compile(r"[^\W_]+(?:[-'\N{RIGHT SINGLE QUOTATION MARK}][^\W_]+)*")

_KNOWN = """EXISTS (
    SELECT FROM catalog_productwords w JOIN catalog_product p ON p.id = w.product_id
    WHERE p.status = 'published' AND w.document @@ plainto_tsquery('english', {}.word)
)"""
# Words that no published product has, each with words like it that some have.
_UNKNOWN = f"""
SELECT asked.word, ARRAY(
    SELECT near.word FROM (
        SELECT DISTINCT word, similarity(asked.word, word) AS likeness
        FROM catalog_word WHERE similarity(asked.word, word) >= 0.15
        ORDER BY likeness DESC, word LIMIT {_CANDIDATES}
    ) AS near
    WHERE {_KNOWN.format("near")}
)
FROM unnest(%s::text[]) AS asked (word)
WHERE numnode(plainto_tsquery('english', asked.word)) > 0
    AND NOT {_KNOWN.format("asked")}
"""


class WordsError(ValueError):
    """The words cannot be searched for; the message is a sentence for people."""


@dataclass(frozen=True)
class Reading:
    """How words were understood."""

    words: str  # as searched for
    asked: str  # as they came, without what is not text
    beginning: bool = False  # the last word is taken as the beginning of one

    @property
    def corrected(self) -> bool:
        return self.words != self.asked

    @property
    def query(self) -> SearchQuery | CombinedSearchQuery:
        """-word and "a phrase" work; nothing else is syntax, nothing is an error."""
        *head, last = self.words.split(" ")
        if not self.beginning or not (plain := _PLAIN.fullmatch(last)):
            return _web_query(self.words)
        start = f"'{plain[0].replace(chr(39), ' ')}':*"
        begun = SearchQuery(start, search_type="raw", config="english") | SearchQuery(
            start, search_type="raw", config="simple"
        )
        return _web_query(" ".join(head)) & begun if head else begun


def _web_query(words: str) -> SearchQuery:
    return SearchQuery(words, search_type="websearch", config="english")


def clean(words: str) -> str:
    """Without control characters, single spaces between, accents in one piece with
    their letters as keyboards write them. Raises WordsError."""
    if len(words) > MAX_WORDS_CHARS:
        raise WordsError(
            f"Search with at most {MAX_WORDS_CHARS} characters; these are {len(words)}."
        )
    text = unicodedata.normalize("NFC", words.encode(errors="ignore").decode())
    text = _IDLE_DASH.sub("", text)
    return _BLANK.sub(" ", text).strip()


def read(words: str) -> Reading:
    """How to search the shop for the words. Raises WordsError.

    As they are; if that finds nothing, the last one as the beginning of a word; if
    that neither, with the words put right that no product has.
    """
    asked = clean(words)
    readings = _readings(asked) if asked else iter(())
    return next(filter(_finds, readings), Reading(asked, asked))


def find(
    words: str, *, limit: int = MAX_RESULTS, products: QuerySet[Product] | None = None
) -> list[int]:
    """Ids of the products (by default all published ones) that the words find, the
    best first. Raises WordsError for more than MAX_WORDS_CHARS, else nothing."""
    reading = read(words)
    if not reading.words:
        return []
    among = Product.objects.published() if products is None else products
    found = among.matching(reading.query)  # type: ignore[attr-defined]
    return list(found.values_list("id", flat=True)[:limit])


def _readings(asked: str) -> Iterator[Reading]:
    yield Reading(asked, asked)
    yield Reading(asked, asked, beginning=True)
    words = _put_right(_without_emoji(asked))
    if words and words != asked:
        yield Reading(words, asked)
        yield Reading(words, asked, beginning=True)


def _finds(reading: Reading) -> bool:
    return Product.objects.published().matching(reading.query).exists()


def _without_emoji(words: str) -> str:
    """Nor marks that nobody sees. To Postgres they are words, or a part of one."""
    text = [" " if unicodedata.category(sign) in _NO_TEXT else sign for sign in words]
    return clean("".join(text).replace("\N{VARIATION SELECTOR-16}", ""))


def _put_right(words: str) -> str:
    """Each unknown word as the most alike that the shop knows, where one is."""
    parts = _PART.findall(words)
    plain = [part.lower() for part in parts if part.isalpha() and len(part) > 2]
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, [plain[:MAX_CORRECTED_WORDS]])
        near = {word: _most_alike(word, known) for word, known in cursor.fetchall()}
    return " ".join(near.get(part.lower(), part) for part in parts)


def _most_alike(word: str, known: list[str]) -> str:
    alike = [(SequenceMatcher(None, word, one).ratio(), one) for one in known]
    likeness, best = max(alike, default=(0.0, word), key=lambda each: each[0])
    return best if likeness >= _LIKELY else word
