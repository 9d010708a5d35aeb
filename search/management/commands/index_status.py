import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.index.embed import index_status
from search.index.encoders import NoActiveEncoder, active_encoder
from search.models import EmbeddingFailure, Encoder


class Command(BaseCommand):
    help = "Count the embedded, pending and failed photos of the active encoder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--failures", type=int, default=10, help="failures to list (default 10)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["failures"] < 0:
            raise CommandError("--failures must be 0 or more.")
        try:
            encoder = active_encoder()
        except NoActiveEncoder as error:
            raise CommandError(str(error)) from error
        status = index_status(encoder)
        if options["json"]:
            self.stdout.write(json.dumps(status))
        else:
            self.print_status(encoder, status, options["failures"])

    def print_status(
        self, encoder: Encoder, status: dict[str, object], limit: int
    ) -> None:
        for name, value in status.items():
            self.stdout.write(f"{name.replace('_', ' '):<18}{value}")
        failures = EmbeddingFailure.objects.filter(encoder=encoder)
        for failure in failures.select_related("image__product")[:limit]:
            product = failure.image.product
            self.stdout.write(
                f"  {product.sku} photo {failure.image_id}: {failure.reason}"
                f" ({failure.tries} tries)"
            )
        if status["failed"]:
            self.stdout.write(
                "Replace the photos in the admin, or try them again:"
                " manage.py embed --retry-failed"
            )
