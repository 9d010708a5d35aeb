from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

TRASH_DAYS = 30


class TrashedProduct(models.Model):
    """A product that is deleted after TRASH_DAYS.

    It is archived meanwhile. One that is given another status is out of the trash.
    """

    product = models.OneToOneField(
        "catalog.Product",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="trashed",
    )
    status = models.CharField(max_length=9)  # from before
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    since = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-since", "-product_id"]
        verbose_name = "product in the trash"
        verbose_name_plural = "trash"

    def __str__(self) -> str:
        return str(self.product)

    @property
    def deleted_on(self) -> datetime:
        return self.since + timedelta(days=TRASH_DAYS)
