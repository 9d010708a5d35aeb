import uuid
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone


class PhotoUploadQuerySet(models.QuerySet["PhotoUpload"]):
    def left(self) -> Self:
        """Return those that nobody has used for a day."""
        yesterday = timezone.now() - timedelta(days=1)
        return self.filter(created__lt=yesterday)


class PhotoUpload(models.Model):
    """A photo that somebody chose for a product that is not saved yet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    file = models.CharField(max_length=200)
    title = models.CharField(max_length=100)  # the name of the file that was chosen
    created = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = PhotoUploadQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title
