"""Words are refreshed by the application: a distributed Postgres takes no triggers."""

from importlib import import_module

from django.db import migrations

words = import_module("catalog.migrations.0003_words")

DROP_TRIGGERS = """
DROP TRIGGER catalog_category_words_update ON catalog_category;
DROP TRIGGER catalog_photo_words_insert ON catalog_productimage;
DROP TRIGGER catalog_photo_words_update ON catalog_productimage;
DROP TRIGGER catalog_photo_words_delete ON catalog_productimage;
DROP TRIGGER catalog_product_words_insert ON catalog_product;
DROP TRIGGER catalog_product_words_update ON catalog_product;
DROP FUNCTION catalog_category_words, catalog_photo_words, catalog_product_words;
"""

# Rows are locked in order, and before the statement that reads what to write: one that
# had to wait for another change then sees it. Words are not unique, so that nobody waits
# for somebody else's new word.
KEEP = """
CREATE OR REPLACE FUNCTION catalog_keep_words(products bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- A category that is being renamed: wait for its name.
    PERFORM FROM catalog_category c
    WHERE c.id IN (SELECT category_id FROM catalog_product p WHERE p.id = ANY (products))
    ORDER BY c.id FOR SHARE;
    INSERT INTO catalog_productwords (product_id, document)
    SELECT p.id, '' FROM catalog_product p
    WHERE p.id = ANY (products) ORDER BY p.id
    ON CONFLICT DO NOTHING;
    PERFORM FROM catalog_productwords w
    WHERE w.product_id = ANY (products) ORDER BY w.product_id FOR NO KEY UPDATE;
    WITH fresh AS MATERIALIZED (
        SELECT * FROM catalog_documents(products)
    ), kept AS (
        UPDATE catalog_productwords w SET document = fresh.document
        FROM fresh
        WHERE fresh.product = w.product_id
            AND w.document IS DISTINCT FROM fresh.document
        RETURNING w.product_id
    )
    INSERT INTO catalog_word (word)
    SELECT DISTINCT lexeme
    FROM fresh JOIN kept ON kept.product_id = fresh.product, unnest(fresh.plain)
    WHERE length(lexeme) BETWEEN 3 AND 40
        AND NOT EXISTS (SELECT FROM catalog_word known WHERE known.word = lexeme);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0010_availability"),
    ]

    operations = [
        migrations.RunSQL(
            DROP_TRIGGERS + KEEP,
            words.KEEP.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
            + words.TRIGGERS,
        ),
    ]
