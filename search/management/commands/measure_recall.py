import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.forms.models import model_to_dict

from search.index.encoders import NoActiveEncoder, active_encoder
from search.query.recall import SAMPLE, K, NothingToMeasure, measure_recall


class Command(BaseCommand):
    help = (
        "Ask the vector index for the neighbours of a sample of photos, compare with"
        " exact search, and keep the result in the history that the admin shows. The"
        " scheduler does it every night."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sample", type=int, default=SAMPLE, help=f"photos (default {SAMPLE})"
        )
        parser.add_argument(
            "--k", type=int, default=K, help=f"neighbours (default {K})"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        for name, most in {"sample": 100_000, "k": 100}.items():
            if not 1 <= options[name] <= most:
                raise CommandError(f"--{name} is a number from 1 to {most}.")
        try:
            found = measure_recall(
                active_encoder(), sample=options["sample"], k=options["k"]
            )
        except (NoActiveEncoder, NothingToMeasure) as error:
            raise CommandError(str(error)) from error
        figures = model_to_dict(found, exclude=["id"])
        figures["encoder"] = found.encoder.version
        if options["json"]:
            self.stdout.write(json.dumps(figures))
            return
        self.stdout.write(
            f"{found.encoder}, {found.rows} vectors, {found.sample} photos asked for:\n"
            f"recall@{found.k}  mean {found.recall_mean:.4f},"
            f" 5th percentile {found.recall_p5:.4f}\n"
            f"index      median {found.index_p50_ms:.2f} ms,"
            f" 95th percentile {found.index_p95_ms:.2f} ms\n"
            f"exact      median {found.exact_p50_ms:.2f} ms,"
            f" 95th percentile {found.exact_p95_ms:.2f} ms"
        )
