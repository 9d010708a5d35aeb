from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)
from django.db import migrations, models

INDEXES = {
    "product_brands": ["status", "brand"],
    "product_newest": ["status", "created", "id"],
    "product_price": ["status", "price_cents", "-id"],
    "product_category": ["status", "category", "-id"],
    "product_category_price": ["status", "category", "price_cents", "-id"],
}


class Migration(migrations.Migration):
    # Products can be changed while the indexes of a large shop are built.
    atomic = False

    dependencies = [
        ("catalog", "0007_upkeep_runs"),
    ]

    operations = [
        *(
            AddIndexConcurrently("product", models.Index(fields=fields, name=name))
            for name, fields in INDEXES.items()
        ),
        RemoveIndexConcurrently("product", "product_brand"),
        RemoveIndexConcurrently("product", "product_brand_trgm"),
        migrations.AlterField(
            model_name="product",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("published", "Published"),
                    ("archived", "Archived"),
                ],
                default="published",
                max_length=9,
            ),
        ),
    ]
