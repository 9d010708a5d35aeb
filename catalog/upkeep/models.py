from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class UpkeepRunQuerySet(models.QuerySet["UpkeepRun"]):
    def done_since(self, moment: datetime) -> Self:
        return self.filter(started__gte=moment, finished__gte=F("started"))

    def unfinished(self) -> Self:
        """Return runs that wait or go on, or whose worker was killed."""
        never_ended = Q(finished=None) | Q(finished__lt=F("started"))
        never_begun = Q(started=None) | Q(started__lt=F("requested"))
        return self.filter(
            (Q(started__isnull=False) & never_ended)
            | (Q(requested__isnull=False) & never_begun),
            tries__lt=UpkeepRun.MAX_TRIES,
        )


class UpkeepRun(models.Model):
    """The last run of a long task, see catalog.upkeep.runs."""

    MAX_TRIES = 3  # so often the worker of a run may be killed

    name = models.CharField(max_length=120, primary_key=True)
    requested = models.DateTimeField(null=True)  # by a person
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = UpkeepRunQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def is_running(self) -> bool:
        started, finished = self.started, self.finished
        return bool(started and (not finished or finished < started))

    @property
    def started_display(self) -> str:
        return f"{timezone.localtime(self.started):%H:%M}" if self.started else "now"

    def request(self) -> None:
        self.requested, self.tries = timezone.now(), 0
        self.save(update_fields=["requested", "tries"])

    def start(self) -> None:
        self.started, self.tries = timezone.now(), self.tries + 1
        self.save(update_fields=["started", "tries"])

    def end(self) -> None:
        self.finished, self.tries = timezone.now(), 0
        self.save(update_fields=["finished", "tries"])
