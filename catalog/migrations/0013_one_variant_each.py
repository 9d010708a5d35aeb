from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models, transaction

BATCH = 5000
# What the job `complete_variants` does for products that come in meanwhile.
FILL = """
INSERT INTO catalog_variant
    (product_id, sku, size, gtin, availability, quantity, position)
SELECT id, sku, '', '', availability, stock, 0 FROM catalog_product p
WHERE id = ANY(%s)
    AND NOT EXISTS (SELECT FROM catalog_variant v WHERE v.product_id = p.id)
ORDER BY id
ON CONFLICT (sku) DO NOTHING
"""


def fill(apps, editor):
    ids = apps.get_model("catalog", "Product").objects.order_by("pk")
    last = 0
    while batch := list(
        ids.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]
    ):
        with transaction.atomic(), editor.connection.cursor() as cursor:
            cursor.execute(FILL, [batch])
        last = batch[-1]


class Migration(migrations.Migration):
    # Products can be changed while a large shop is filled and indexed.
    atomic = False

    dependencies = [
        ("catalog", "0012_variants"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexConcurrently(
            "product",
            models.Index(
                fields=["group"],
                condition=models.Q(("group", ""), _negated=True),
                name="product_group",
            ),
        ),
    ]
