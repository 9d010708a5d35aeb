from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

NAMES = {"material": "product_materials", "pattern": "product_patterns"}


class Migration(migrations.Migration):
    # Products can be changed while the indexes of a large shop are built.
    atomic = False

    dependencies = [
        ("catalog", "0022_feed_runs"),
    ]

    operations = [
        AddIndexConcurrently(
            "product",
            models.Index(
                fields=["status", field],
                condition=~models.Q((field, "")),
                name=name,
            ),
        )
        for field, name in NAMES.items()
    ]
