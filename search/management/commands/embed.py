import time
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from search.encoders import NoActiveEncoder, active_encoder
from search.indexing import CHUNK, embed_due, index_status
from search.models import EmbeddingFailure, Encoder, Photo
from search.tasks import wake_worker

# How long workers may take to answer, as they do just after their start.
PATIENCE_S = 15
# Without progress for this long, see whether there are workers at all.
STALLED_S = 30


class Command(BaseCommand):
    help = (
        "Embed every photo that has no vector yet. The workers do it while this"
        " command shows how far they are; --here does it in this process."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--here", action="store_true", help="no workers: embed in this process"
        )
        parser.add_argument(
            "--retry-failed", action="store_true", help="forget failures, try all again"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            encoder = active_encoder()
        except NoActiveEncoder as error:
            raise CommandError(str(error)) from error
        if options["retry_failed"]:
            EmbeddingFailure.objects.filter(encoder=encoder).delete()
        total = Photo.objects.due(encoder).count()
        with tqdm(
            total=total, unit=" photos", desc="Embedding", disable=not total
        ) as bar:
            if options["here"]:
                embed_due(encoder=encoder, progress=bar.update)
            else:
                self.watch_workers(encoder, total, bar)
        status = index_status(encoder)
        self.stdout.write(
            f"{status['embedded']} of {status['photos']} photos embedded,"
            f" {status['pending']} pending, {status['failed']} failed."
        )

    def watch_workers(self, encoder: Encoder, total: int, bar: tqdm) -> None:
        if not total:
            return
        wake_worker(times=min(self.workers(), -(-total // CHUNK)))
        left, moved = total, time.monotonic()
        while left:
            time.sleep(0.5)
            before, left = left, Photo.objects.due(encoder).count()
            bar.update(max(0, total - left - bar.n))
            if left != before:
                moved = time.monotonic()
            elif time.monotonic() - moved > STALLED_S:
                self.workers()
                moved = time.monotonic()

    def workers(self) -> int:
        """Worker processes that answer; CommandError when none does."""
        for _ in range(PATIENCE_S):
            stats = current_app.control.inspect(timeout=1.0).stats() or {}
            if stats:
                pools = [worker.get("pool", {}) for worker in stats.values()]
                return sum(len(pool.get("processes", [1])) for pool in pools)
        raise CommandError(
            "No worker answers. Start one (`manage.py up`, or `celery -A fashionlens"
            " worker`), or embed in this process with --here."
        )
