from django.db import migrations, models
from django.utils import timezone

# What the new constraint forbids is counted first.
ONE_ROW_A_DAY = """
    UPDATE search_emptysearch
    SET words = lower(words), day = (created AT TIME ZONE 'UTC')::date;
    UPDATE search_emptysearch AS row SET times = counted.times
    FROM (
        SELECT max(id) AS last, count(*) AS times FROM search_emptysearch
        GROUP BY day, listing, words, filters, encoder
    ) AS counted
    WHERE row.id = counted.last;
    DELETE FROM search_emptysearch AS row USING search_emptysearch AS last
    WHERE row.id < last.id AND (row.day, row.listing, row.words, row.filters, row.encoder)
        = (last.day, last.listing, last.words, last.filters, last.encoder)
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0009_one_click_each")]

    operations = [
        migrations.AddField(
            "emptysearch", "times", models.PositiveIntegerField(default=1)
        ),
        migrations.AddField("emptysearch", "day", models.DateField(null=True)),
        migrations.RunSQL(ONE_ROW_A_DAY, migrations.RunSQL.noop),
        migrations.AlterField("emptysearch", "day", models.DateField()),
        migrations.AlterField(
            "emptysearch",
            "created",
            models.DateTimeField(
                db_index=True, default=timezone.now, help_text="Time of the last one"
            ),
        ),
        migrations.AddConstraint(
            "emptysearch",
            models.UniqueConstraint(
                fields=["day", "listing", "words", "filters", "encoder"],
                name="empty_search_once_a_day",
            ),
        ),
    ]
