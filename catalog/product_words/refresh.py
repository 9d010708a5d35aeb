"""Keep what products are found by words with up to date.

A document joins the product's texts, attributes and codes, the name of its category,
and colours, kind and pattern of its photos; a pattern that the merchant names comes
first. Whatever changes one of them calls `refresh_words`, and a sweep finds products
that came in by another way. No triggers: a distributed Postgres takes none on these
tables.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from catalog.product_words.document import Placed, TextPart, document_of, place_words
from catalog.product_words.lexemes import stem_words
from catalog.product_words.vocabulary import learn_words

CHUNK = 1000
MAX_DESCRIPTION_CHARS = 50_000  # a document has an end, and reaching it is an error
# Raise it with every change of what documents are made of: older ones are then pending.
FORMAT = 4
# Gender or age group -> words; nobody searches for adults.
PEOPLE = {
    **{"female": "women", "male": "men", "unisex": "unisex", "newborn": "newborn"},
    **{"infant": "infant baby", "toddler": "toddler", "kids": "kids children"},
}

# Rows are locked in order, and before the statement that reads what to write: one that
# had to wait for another change then sees it.
_LOCK = """
-- A category that is being renamed: wait for its name.
SELECT FROM catalog_category c
WHERE c.id IN (SELECT category_id FROM catalog_product p WHERE p.id = ANY (%(ids)s))
ORDER BY c.id FOR SHARE;
"""
_ADD = """
INSERT INTO catalog_productwords (product_id, document, version)
SELECT p.id, '', '' FROM catalog_product p
WHERE p.id = ANY (%(ids)s) ORDER BY p.id
ON CONFLICT DO NOTHING
"""
_LOCK_WORDS = """
SELECT FROM catalog_productwords w
WHERE w.product_id = ANY (%(ids)s) ORDER BY w.product_id FOR NO KEY UPDATE
"""
_READ = """
SELECT p.id, p.status, p.title, p.brand, c.name, colours.names,
    left(p.description, %(max)s), p.sku,
    ARRAY[
        p.colour, p.material, seen.kinds, coalesce(nullif(p.pattern, ''), seen.patterns)
    ],
    ARRAY(
        SELECT code FROM catalog_variant v, unnest(ARRAY[v.sku, v.gtin]) AS code
        WHERE v.product_id = p.id AND code NOT IN ('', p.sku)
    ),
    p.gender, p.age_group
FROM catalog_product p
JOIN catalog_category c ON c.id = p.category_id
CROSS JOIN LATERAL (
    SELECT coalesce(string_agg(DISTINCT colour, ' , '), '') AS names
    FROM catalog_productimage i, unnest(i.colours) colour
    WHERE i.product_id = p.id
) AS colours
CROSS JOIN LATERAL (
    SELECT coalesce(string_agg(DISTINCT kind, ' , '), '') AS kinds,
        coalesce(string_agg(DISTINCT pattern, ' , '), '') AS patterns
    FROM catalog_productimage i WHERE i.product_id = p.id
) AS seen
WHERE p.id = ANY (%(ids)s)
"""
_WRITE = """
UPDATE catalog_productwords w
SET document = fresh.document::tsvector, version = %(version)s
FROM unnest(%(ids)s::bigint[], %(documents)s::text[]) AS fresh (product, document)
WHERE fresh.product = w.product_id
    AND (w.version, w.document)
        IS DISTINCT FROM (%(version)s, fresh.document::tsvector)
RETURNING w.product_id
"""
_POSTPONE = (
    "UPDATE catalog_productwords SET version = '' WHERE product_id = ANY (%(ids)s)"
)


def words_version() -> str:
    """Return what documents are made by; a document with another one is pending."""
    return f"{FORMAT}:{settings.SHOP_LANGUAGE}"


def refresh_words(products: Iterable[int], counts: Counter[str] | None = None) -> None:
    """Write the documents of these products where they differ.

    `counts` takes the number of published products that have each word.
    """
    ids = sorted(set(products))
    for start in range(0, len(ids), CHUNK):
        _refresh_chunk(ids[start : start + CHUNK], counts)


def postpone_words(products: Iterable[int]) -> None:
    """Let the sweep write the documents of these products within a minute."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (_LOCK_WORDS, _POSTPONE):
            cursor.execute(statement, {"ids": sorted(set(products))})


def _refresh_chunk(ids: list[int], counts: Counter[str] | None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (_LOCK, _ADD, _LOCK_WORDS):
            cursor.execute(statement, {"ids": ids})
        cursor.execute(_READ, {"ids": ids, "max": MAX_DESCRIPTION_CHARS})
        rows = cursor.fetchall()
        placed = {pk: list(_place(*texts)) for pk, _, *texts in rows}
        stems = stem_words({w for each in placed.values() for w in _stemmed(each)})
        documents = {pk: document_of(each, stems) for pk, each in placed.items()}
        cursor.execute(
            _WRITE,
            {
                "ids": list(documents),
                "documents": list(documents.values()),
                "version": words_version(),
            },
        )
        written = [placed[pk] for (pk,) in cursor.fetchall()]
        learn_words({w: stems[w] for each in written for w in _stemmed(each)})
    if counts is not None:
        for pk, status, *_ in rows:
            counts.update(_stemmed(placed[pk]) if status == "published" else ())


def _place(
    title: str,
    brand: str,
    category: str,
    colours: str,
    description: str,
    sku: str,
    attributes: list[str],
    codes: list[str],
    *people: str,
) -> Iterator[Placed]:
    seen = [each for text in (colours, *attributes) for each in text.split(" , ")]
    named = [*seen, *(PEOPLE.get(each, "") for each in people)]
    parts = [
        TextPart(title, "A"),
        TextPart(brand, "A"),
        TextPart(category, "B"),
        *(TextPart(text, "B") for text in named),
        TextPart(description, "D"),
    ]
    return place_words(parts, [sku, *codes])


def _stemmed(document: Iterable[Placed]) -> set[str]:
    return {placed.word for placed in document if not placed.literal}


class WordSource(models.QuerySet):
    """A queryset whose rows are a part of documents."""

    word_fields: Collection[str] = ()
    product_id = "pk"  # path to the product's id

    def update(self, **values: Any) -> int:
        if not self.word_fields & values.keys():
            return super().update(**values)
        with transaction.atomic(using=self.db):
            # Before and after: a photo may move to another product.
            rows = list(self.order_by().values_list("pk", flat=True))
            same = self.model._default_manager.filter(pk__in=rows)
            before = self._products(same)
            count = super().update(**values)
            refresh_words(before | self._products(same))
        return count

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        with transaction.atomic(using=self.db):
            made = super().bulk_create(objs, *args, **options)
            keys = [each.pk for each in made if each.pk]
            refresh_words(
                self._products(self.model._default_manager.filter(pk__in=keys))
            )
        return made

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def _products(self, rows: models.QuerySet) -> set[int]:
        ids = rows.order_by().values_list(self.product_id, flat=True)
        return {pk for pk in ids if pk is not None}
