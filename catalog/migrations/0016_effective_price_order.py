from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)
from django.db import migrations, models
from django.db.models import Q

PRICE = ["effective_price_cents", "-id"]


class Migration(migrations.Migration):
    # Products can be changed while the indexes of a large shop are built.
    atomic = False

    dependencies = [
        ("catalog", "0015_attributes_and_sales"),
    ]

    operations = [
        AddIndexConcurrently(
            "product",
            models.Index(fields=["status", *PRICE], name="product_effective_price"),
        ),
        AddIndexConcurrently(
            "product",
            models.Index(
                fields=["status", "category", *PRICE], name="product_category_effective"
            ),
        ),
        AddIndexConcurrently(
            "product",
            models.Index(
                fields=["sale_starts", "sale_ends"],
                condition=Q(sale_price_cents__isnull=False) | Q(on_sale=True),
                name="product_sales",
            ),
        ),
        AddIndexConcurrently(
            "product", GinIndex(fields=["sizes"], name="product_sizes")
        ),
        RemoveIndexConcurrently("product", "product_price"),
        RemoveIndexConcurrently("product", "product_category_price"),
    ]
