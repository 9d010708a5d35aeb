import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.forms.models import model_to_dict

from search.index.encoders import NoActiveEncoder, active_encoder
from search.query.recall import SAMPLE, K, NothingToMeasure, measure_recall


class Command(BaseCommand):
    help = (
        "Measure the recall of the vector index against exact search on a sample of"
        " photos. The admin shows the history. The scheduler runs this every night."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sample", type=int, default=SAMPLE, help=f"photos (default {SAMPLE})"
        )
        parser.add_argument(
            "--k", type=int, default=K, help=f"neighbours (default {K})"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        for name, limit in {"sample": 100_000, "k": 100}.items():
            if not 1 <= options[name] <= limit:
                raise CommandError(f"--{name} must be a number from 1 to {limit}.")
        try:
            recall = measure_recall(
                active_encoder(), sample=options["sample"], k=options["k"]
            )
        except (NoActiveEncoder, NothingToMeasure) as error:
            raise CommandError(str(error)) from error
        figures = model_to_dict(recall, exclude=["id"])
        figures["encoder"] = recall.encoder.version
        if options["json"]:
            self.stdout.write(json.dumps(figures))
            return
        self.stdout.write(
            f"{recall.encoder}, {recall.rows} vectors, a sample of {recall.sample}:\n"
            f"recall@{recall.k}  mean {recall.recall_mean:.4f},"
            f" 5th percentile {recall.recall_p5:.4f}\n"
            f"index      median {recall.index_p50_ms:.2f} ms,"
            f" 95th percentile {recall.index_p95_ms:.2f} ms\n"
            f"exact      median {recall.exact_p50_ms:.2f} ms,"
            f" 95th percentile {recall.exact_p95_ms:.2f} ms"
        )
