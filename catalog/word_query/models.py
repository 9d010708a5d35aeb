from django.db import models


class FoundSearch(models.Model):
    """How often words found something on a day; never by whom."""

    words = models.CharField(max_length=200)
    day = models.DateField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "words"], name="found_search_once_a_day"
            )
        ]
        indexes = [
            models.Index(
                fields=["words"], name="found_search", opclasses=["varchar_pattern_ops"]
            )
        ]

    def __str__(self) -> str:
        return self.words
