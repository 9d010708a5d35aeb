"""Feeds that are imported again and again, and their runs."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.announcements.signals import import_finished


class FeedSource(models.Model):
    """What the shop remembers of a feed."""

    KEPT_RUNS = 20

    name = models.CharField(max_length=80, unique=True)
    # Heading -> column, or nothing where it is not used.
    mapping = models.JSONField(default=dict, blank=True)
    encoding = models.CharField(max_length=40, blank=True)
    category = models.CharField(
        max_length=80, blank=True, help_text="Of new products whose rows name none"
    )
    archive_missing = models.BooleanField(
        default=False,
        help_text="Archive products that this feed brought and no longer names",
    )
    trust_links = models.BooleanField(
        default=False,
        help_text="Do not ask servers whether photos at known addresses changed",
    )
    address = models.URLField(
        max_length=2000, blank=True, help_text="Where the feed is fetched from"
    )
    every_hours = models.PositiveSmallIntegerField(
        "fetch every so many hours", null=True, blank=True
    )
    # Of the answer that was imported last: its ETag and Last-Modified.
    version = models.JSONField(default=dict, blank=True, editable=False)
    fetched = models.DateTimeField(null=True, editable=False)
    fetch_error = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "feed"

    def __str__(self) -> str:
        return self.name

    @property
    def is_due(self) -> bool:
        if not self.address or not self.every_hours:
            return False
        pause = timedelta(hours=self.every_hours)
        return self.fetched is None or self.fetched + pause <= timezone.now()

    def forget_old_runs(self) -> None:
        kept = self.runs.values_list("pk", flat=True)[: self.KEPT_RUNS]
        for run in self.runs.exclude(pk__in=list(kept)):
            run.delete()  # and its file


class FeedRunQuerySet(models.QuerySet["FeedRun"]):
    def due(self) -> Self:
        """Return runs that wait for a worker, or whose worker was killed."""
        active = [FeedRun.State.WAITING, FeedRun.State.RUNNING]
        return self.filter(state__in=active, tries__lt=FeedRun.MAX_TRIES).order_by("id")

    def active(self) -> Self:
        return self.filter(state__in=[FeedRun.State.WAITING, FeedRun.State.RUNNING])

    def with_file(self) -> Self:
        return self.exclude(file="")


class FeedRun(models.Model):
    """One import of one file, from its upload to its last row."""

    MAX_TRIES = 3  # so often the worker of a run may be killed

    class State(models.TextChoices):
        NEW = "new", "Uploaded"
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        CHECKED = "checked", "Checked"
        ASKING = "asking", "Needs an answer"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    source = models.ForeignKey(
        FeedSource, on_delete=models.CASCADE, related_name="runs", verbose_name="feed"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False
    )
    file = models.CharField(max_length=200, blank=True)  # in storage
    file_name = models.CharField("file", max_length=200)  # as it was uploaded
    # Where a worker fetches the file from; empty: it was uploaded.
    address = models.CharField(
        max_length=2000, blank=True, default="", db_default="", editable=False
    )
    # Whose rows are corrected, and whose archive may hold their photos.
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, editable=False
    )
    is_correction = models.BooleanField(default=False)  # of some rows only
    dry_run = models.BooleanField(default=False)
    force = models.BooleanField(default=False)  # a person agreed to archive
    state = models.CharField(max_length=8, choices=State, default=State.NEW)
    stop_requested = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    changes = models.JSONField(default=list)  # the first ones
    message = models.TextField(blank=True)

    objects = FeedRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "import of a feed"
        verbose_name_plural = "imports of feeds"
        indexes = [
            models.Index(
                fields=["state"],
                condition=Q(state__in=["waiting", "running"]),
                name="feed_runs_active",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.file_name}"

    @property
    def is_active(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    def set(self, **values: Any) -> None:
        """Write some fields, and no others, which another process may have changed."""
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=list(values))
        if values.get("finished"):
            import_finished.send(FeedRun, run=self)


class FeedProblem(models.Model):
    """What is wrong with a row, and the row."""

    run = models.ForeignKey(FeedRun, on_delete=models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField()
    sku = models.TextField()
    column = models.CharField(max_length=40)
    value = models.TextField()
    expected = models.TextField()
    cells = models.JSONField()  # of the whole row, by column

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Row {self.row}: {self.expected}"
