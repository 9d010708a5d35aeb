from django.db import models


class IdempotentWrite(models.Model):
    """The answer to a write, kept so that the same request is not carried out twice."""

    owner = models.CharField(max_length=40)  # the key or the account that sent it
    name = models.CharField(max_length=64)  # the header Idempotency-Key
    fingerprint = models.CharField(max_length=64)  # of address and body
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    etag = models.CharField(max_length=80, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="write_once")
        ]
        indexes = [models.Index(fields=["created"], name="idempotent_created")]

    def __str__(self) -> str:
        return self.name
