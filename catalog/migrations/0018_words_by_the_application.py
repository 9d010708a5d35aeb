"""Documents are written by the application, which normalises words before Postgres.

The sweep writes those that are there again, and learns their words.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

# The functions of 0011 stay: the release before calls them while shops are updated. They
# can go in the release after this one.
FORGET = "DELETE FROM catalog_word"


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0017_former_slugs"),
    ]

    operations = [
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="word", name="word"),
        migrations.AddField(
            model_name="productwords",
            name="version",
            field=models.CharField(db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="word",
            name="products",
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="word",
            name="shortened",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                db_default=[],
                default=list,
                size=None,
            ),
        ),
        migrations.AddIndex(
            model_name="word",
            index=models.Index(
                fields=["word"], name="word_prefix", opclasses=["varchar_pattern_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="word",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["shortened"], name="word_shortened_gin"
            ),
        ),
    ]
