import time
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm


from search.encoders import NoActiveEncoder, active_encoder
from search.indexing import CHUNK, embed_due, index_status
from search.models import EmbeddingFailure, Encoder, Photo
from search.tasks import wake_worker


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
        with tqdm(total=total, unit=" photos", desc="Embedding", disable=not total) as bar:
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
        processes = workers()
        if not processes:
            raise CommandError(
                "No worker answered. Start one (`manage.py up`, or `celery -A"
                " fashionlens worker`), or embed in this process with --here."
            )
        wake_worker(times=min(processes, -(-total // CHUNK)))
        while (left := Photo.objects.due(encoder).count()) > 0:
            bar.update(total - left - bar.n)
            time.sleep(0.5)
        bar.update(total - bar.n)


def workers() -> int:
    """Worker processes that answer now, over all machines."""
    stats = current_app.control.inspect(timeout=1.0).stats() or {}
    return sum(len(s.get("pool", {}).get("processes", [1])) for s in stats.values())
