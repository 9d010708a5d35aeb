"""What products are found by words with, kept true by triggers.

The document joins three tables. A trigger is the one place that sees every way they
change: save(), bulk_create(), update(), COPY and plain SQL.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

# Text beyond this is not searched: a tsvector has an end, and reaching it is an error.
DOCUMENTS = """
CREATE FUNCTION catalog_documents(products bigint[])
RETURNS TABLE (product bigint, document tsvector, plain tsvector)
LANGUAGE sql STABLE AS $$
    SELECT p.id,
        setweight(to_tsvector('english', named.title), 'A')
        || setweight(to_tsvector('english', named.kind), 'B')
        || setweight(to_tsvector('simple', named.title || ' ' || named.kind), 'C')
        || setweight(to_tsvector('english', named.description), 'D'),
        to_tsvector(
            'simple', concat_ws(' ', named.title, named.kind, named.description)
        )
    FROM catalog_product p
    JOIN catalog_category c ON c.id = p.category_id
    CROSS JOIN LATERAL (
        SELECT string_agg(DISTINCT colour, ' ') AS names
        FROM catalog_productimage i, unnest(i.colours) colour
        WHERE i.product_id = p.id
    ) AS colours
    CROSS JOIN LATERAL (
        SELECT p.title || ' ' || p.brand AS title,
            concat_ws(' ', c.name, colours.names) AS kind,
            left(p.description, 50000) AS description
    ) AS named
    WHERE p.id = ANY (products)
$$;
"""

# Rows are locked in order, and before the statement that reads what to write: one that
# had to wait for another change then sees it. Words are not unique, so that nobody
# waits for somebody else's new word.
KEEP = """
CREATE FUNCTION catalog_keep_words(products bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM catalog_productwords w
    WHERE w.product_id = ANY (products) ORDER BY w.product_id FOR NO KEY UPDATE;
    WITH fresh AS MATERIALIZED (
        SELECT * FROM catalog_documents(products)
    ), kept AS (
        UPDATE catalog_productwords w SET document = fresh.document
        FROM fresh WHERE fresh.product = w.product_id
    )
    INSERT INTO catalog_word (word)
    SELECT DISTINCT lexeme FROM fresh, unnest(fresh.plain)
    WHERE length(lexeme) BETWEEN 3 AND 40
        AND NOT EXISTS (SELECT FROM catalog_word known WHERE known.word = lexeme);
END $$;
"""

TRIGGERS = """
CREATE FUNCTION catalog_product_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    products bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        products := ARRAY(SELECT id FROM after);
        INSERT INTO catalog_productwords (product_id, document) SELECT id, '' FROM after;
    ELSE
        products := ARRAY(
            SELECT id FROM after a JOIN before b USING (id)
            WHERE (a.title, a.brand, a.description, a.category_id)
                IS DISTINCT FROM (b.title, b.brand, b.description, b.category_id)
        );
    END IF;
    -- A category that is being renamed: wait for its name.
    PERFORM FROM catalog_category c
    WHERE c.id IN (SELECT category_id FROM after a WHERE a.id = ANY (products))
    ORDER BY c.id FOR SHARE;
    PERFORM catalog_keep_words(products);
    RETURN NULL;
END $$;
CREATE TRIGGER catalog_product_words_insert AFTER INSERT ON catalog_product
    REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_product_words();
CREATE TRIGGER catalog_product_words_update AFTER UPDATE ON catalog_product
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_product_words();

CREATE FUNCTION catalog_photo_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    products bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        products := ARRAY(SELECT product_id FROM after WHERE colours <> '{}');
    ELSIF TG_OP = 'DELETE' THEN
        products := ARRAY(SELECT product_id FROM before WHERE colours <> '{}');
    ELSE
        products := ARRAY(
            SELECT unnest(ARRAY[a.product_id, b.product_id])
            FROM after a JOIN before b USING (id)
            WHERE (a.product_id, a.colours) IS DISTINCT FROM (b.product_id, b.colours)
        );
    END IF;
    PERFORM catalog_keep_words(products);
    RETURN NULL;
END $$;
CREATE TRIGGER catalog_photo_words_insert AFTER INSERT ON catalog_productimage
    REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_photo_words();
CREATE TRIGGER catalog_photo_words_update AFTER UPDATE ON catalog_productimage
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_photo_words();
CREATE TRIGGER catalog_photo_words_delete AFTER DELETE ON catalog_productimage
    REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_photo_words();

CREATE FUNCTION catalog_category_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog_keep_words(ARRAY(
        SELECT p.id FROM after a JOIN before b USING (id)
        JOIN catalog_product p ON p.category_id = a.id WHERE a.name <> b.name
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER catalog_category_words_update AFTER UPDATE ON catalog_category
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_category_words();
"""

FILL = """
INSERT INTO catalog_productwords (product_id, document)
SELECT id, '' FROM catalog_product;
SELECT catalog_keep_words(ARRAY(SELECT id FROM catalog_product));
ANALYZE catalog_productwords, catalog_word;
"""

DROP = """
DROP TRIGGER catalog_category_words_update ON catalog_category;
DROP TRIGGER catalog_photo_words_insert ON catalog_productimage;
DROP TRIGGER catalog_photo_words_update ON catalog_productimage;
DROP TRIGGER catalog_photo_words_delete ON catalog_productimage;
DROP TRIGGER catalog_product_words_insert ON catalog_product;
DROP TRIGGER catalog_product_words_update ON catalog_product;
DROP FUNCTION catalog_category_words, catalog_photo_words, catalog_product_words,
    catalog_keep_words, catalog_documents;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_photo_colours"),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="Word",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("word", models.CharField(max_length=40)),
            ],
            options={
                "indexes": [models.Index(fields=["word"], name="word")],
            },
        ),
        migrations.CreateModel(
            name="ProductWords",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="catalog.product",
                    ),
                ),
                (
                    "document",
                    django.contrib.postgres.search.SearchVectorField(),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["document"], name="words_document_gin"
                    )
                ],
            },
        ),
        migrations.RunSQL(DOCUMENTS + KEEP + TRIGGERS, DROP),
        migrations.RemoveIndex(model_name="product", name="product_words_gin"),
        migrations.RemoveField(model_name="product", name="search_vector"),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
