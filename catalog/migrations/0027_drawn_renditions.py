from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Photos can be changed while the index of a large shop is built.
    atomic = False

    dependencies = [
        ("catalog", "0026_found_searches"),
    ]

    operations = [
        migrations.AddField(
            "productimage",
            "drawn",
            models.BooleanField(db_default=False, default=False, editable=False),
        ),
        AddIndexConcurrently(
            "productimage",
            models.Index(
                fields=["-id"], condition=models.Q(drawn=False), name="photo_undrawn"
            ),
        ),
    ]
