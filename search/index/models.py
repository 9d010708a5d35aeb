from django.conf import settings
from django.db import models


class IndexPause(models.Model):
    """While there is a row, workers embed nothing; photos are stored and wait."""

    since = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True
    )

    def __str__(self) -> str:
        return f"Paused since {self.since}"
