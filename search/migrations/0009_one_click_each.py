from django.db import migrations, models
from django.db.models import Q

# What the new constraint forbids is deleted first.
ONE_CLICK = """
    DELETE FROM search_event AS later USING search_event AS first
    WHERE later.kind IN ('click', 'cart') AND later.kind = first.kind
      AND later.query = first.query AND later.products = first.products
      AND later.id > first.id
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0008_empty_search")]

    operations = [
        migrations.RunSQL(ONE_CLICK, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "event",
            models.UniqueConstraint(
                fields=["query", "kind", "products"],
                condition=Q(kind__in=["click", "cart"]),
                name="event_once_by_list",
            ),
        ),
    ]
