from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from ml.encoder import EncoderError
from search.index.embed import embed_due, index_status
from search.index.encoders import NoActiveEncoder, active_encoder, network_of
from search.models import EmbeddingFailure, Photo
from search.workers import NoWorker, wait_for_workers

# Workers answer only some time after their start.
PATIENCE_S = 15


class Command(BaseCommand):
    help = (
        "Embed every photo that has no vector yet. The workers embed, and this command"
        " shows their progress; with --here it embeds in this process."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--here", action="store_true", help="embed in this process, without workers"
        )
        parser.add_argument(
            "--retry-failed", action="store_true", help="try failed photos again"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            encoder = active_encoder()
            network_of(encoder)  # a failure of the workers would not be seen here
        except (NoActiveEncoder, EncoderError) as error:
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
                try:
                    wait_for_workers(encoder, bar, patience_s=PATIENCE_S)
                except NoWorker as error:
                    raise CommandError(str(error)) from error
        status = index_status(encoder)
        self.stdout.write(
            f"{status['embedded']} of {status['photos']} photos embedded,"
            f" {status['pending']} pending, {status['failed']} failed."
        )
