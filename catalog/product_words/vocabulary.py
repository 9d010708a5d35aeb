"""The words of the shop, to complete and to correct what people type.

Two words are within a typing error of each other if they are the same with a letter
left out here, there or in both (Garbe's SymSpell), so that an index finds them.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import combinations

from django.db import connections

from catalog.product_words.lexemes import stem_words
from catalog.product_words.models import Word

MIN_CHARS, MAX_CHARS = 3, 40
# Shorter words are corrected by one letter, longer ones by two.
MIN_CHARS_OF_TWO_ERRORS = 8
MAX_SHORTENED_CHARS = 24  # of words that are corrected
MAX_CANDIDATES = 300
MAX_COMPLETIONS = 40

_NEAR = """
SELECT word, max(products) FROM catalog_word WHERE shortened && %s::varchar[]
GROUP BY word LIMIT %s
"""
_COMPLETE = """
SELECT word FROM catalog_word WHERE word LIKE %s GROUP BY word
ORDER BY max(products) DESC, word LIMIT %s
"""
_KNOWN = "SELECT DISTINCT word FROM catalog_word WHERE word = ANY (%s::varchar[])"


def learn_words(stems: Mapping[str, str]) -> None:
    """Store new words; they are near to what is near to their stem too."""
    fit = {word for word in stems if _is_fit(word)}
    new = sorted(fit - known_words(fit)) if fit else []
    Word.objects.bulk_create(
        (
            Word(word=word, shortened=sorted(shorten(word) | shorten(stems[word])))
            for word in new
        ),
        batch_size=1000,
    )


def recount_words(counts: Counter[str]) -> None:
    """Store how many published products have each word; forget those that none has."""
    changed, gone, seen = [], [], set()
    for row in Word.objects.only("word", "products").iterator():
        if row.word in seen or not counts[row.word]:
            gone.append(row.pk)
        elif row.products != counts[row.word]:
            row.products = counts[row.word]
            changed.append(row)
        seen.add(row.word)
    Word.objects.bulk_update(changed, ["products"], batch_size=1000)
    for start in range(0, len(gone), 1000):
        Word.objects.filter(pk__in=gone[start : start + 1000]).delete()


def known_words(words: Collection[str]) -> set[str]:
    """Return those of the words that some product has."""
    with connections[Word.objects.db].cursor() as cursor:
        cursor.execute(_KNOWN, [list(words)])
        return {word for (word,) in cursor.fetchall()}


def complete(prefix: str) -> list[str]:
    """Return words that begin like this, the most frequent first."""
    if not prefix.isalnum():
        return []
    with connections[Word.objects.db].cursor() as cursor:
        cursor.execute(_COMPLETE, [f"{prefix}%", MAX_COMPLETIONS])
        return [word for (word,) in cursor.fetchall()]


def near_words(word: str) -> list[str]:
    """Return words within a typing error, nearest and then most frequent first."""
    if not MIN_CHARS <= len(word) <= MAX_SHORTENED_CHARS:
        return []
    with connections[Word.objects.db].cursor() as cursor:
        cursor.execute(_NEAR, [sorted(shorten(word)), MAX_CANDIDATES])
        found = dict(cursor.fetchall())
    allowed = 2 if len(word) >= MIN_CHARS_OF_TWO_ERRORS else 1
    distances = {
        other: min(typing_distance(word, other), typing_distance(word, stem))
        for other, stem in stem_words(found).items()
    }
    near = [other for other, distance in distances.items() if distance <= allowed]
    # People seldom mistype the first letter.
    return sorted(
        near,
        key=lambda other: (distances[other], other[0] != word[0], -found[other], other),
    )


def shorten(word: str) -> set[str]:
    """Return the word, and what one or two letters left out make of it."""
    if len(word) > MAX_SHORTENED_CHARS:
        return set()
    errors = 2 if len(word) >= MIN_CHARS_OF_TWO_ERRORS else 1
    return {
        "".join(letter for n, letter in enumerate(word) if n not in left_out)
        for count in range(errors + 1)
        for left_out in map(set, combinations(range(len(word)), count))
    }


def typing_distance(one: str, other: str) -> int:
    """Return the optimal string alignment distance: letters left out, put in, changed,
    or swapped with the next."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, its in enumerate(other, start=1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != its))
            if i > 1 < j and letter == other[j - 2] and one[i - 2] == its:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def halves(word: str) -> Iterator[tuple[str, str]]:
    """Yield the two words that this one may be made of."""
    for end in range(MIN_CHARS, len(word) - MIN_CHARS + 1):
        yield word[:end], word[end:]


def _is_fit(word: str) -> bool:
    return MIN_CHARS <= len(word) <= MAX_CHARS and any(map(str.isalpha, word))
