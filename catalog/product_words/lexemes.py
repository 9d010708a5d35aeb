"""The lexemes of words: their stems in the language of the shop, by Postgres."""

import threading
from collections.abc import Collection, Iterable

from django.conf import settings
from django.db import connections

from catalog.product_words.models import Word

MAX_KNOWN = 20_000  # stems kept in each process, some 3 MB

_STEMS = """
SELECT word, tsvector_to_array(to_tsvector(%s::regconfig, word))
FROM unnest(%s::text[]) AS given (word)
"""
_lock = threading.Lock()
_known: dict[tuple[str, str], str] = {}


def stem_words(words: Collection[str]) -> dict[str, str]:
    """Return the lexeme of each folded word; it is empty for a stop word."""
    language = settings.SHOP_LANGUAGE
    known = {word: _known.get((language, word)) for word in words}
    if missing := [word for word, lexeme in known.items() if lexeme is None]:
        fresh = _stem(language, missing)
        known |= fresh
        with _lock:
            if len(_known) + len(fresh) > MAX_KNOWN:
                _known.clear()
            _known.update({(language, word): each for word, each in fresh.items()})
    return {word: lexeme or "" for word, lexeme in known.items()}


def _stem(language: str, words: Iterable[str]) -> dict[str, str]:
    with connections[Word.objects.db].cursor() as cursor:
        cursor.execute(_STEMS, [language, list(words)])
        return {word: _only(word, found) for word, found in cursor.fetchall()}


def _only(word: str, lexemes: list[str]) -> str:
    # Postgres splits words of scripts that its locale does not know.
    return lexemes[0] if len(lexemes) == 1 else "" if word.isascii() else word


def quote(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
