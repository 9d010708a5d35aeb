import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from ml.encoder import EncoderError
from search.change import rollout
from search.change.encoder_diff import K, NothingToCompare, compare, write_page
from search.index.embed import embed_due
from search.index.encoders import open_network, register
from search.models import EmbeddingFailure, Encoder, Photo
from search.query.recall import NothingToMeasure, measure_recall
from search.workers import NoWorker, wait_for_workers

# Wait so long for a worker's answer before embedding in this process.
PATIENCE_S = 3
REFUSALS = (EncoderError, NothingToCompare, rollout.RolloutRefused)

STEPS = {
    "add": "Embed every photo with the network in DIR, then build its index. Run it"
    " again after an interruption: it continues where it stopped, and tries failed"
    " photos again. The files stay in DIR, which every web and worker process must be"
    " able to read.",
    "list": "List the encoders and their states.",
    "compare": "Compare the results of encoders A and B, in numbers and as a page with"
    " pictures. Both search with the same photos of the shop: those of products that"
    " shoppers saw similar items of or searched with in the last 30 days, the most"
    " frequent first, then others chosen at random. Photos of the shoppers themselves"
    " are not kept.",
    "activate": "Search with encoder V from now on. Refused while photos or its index"
    " are missing.",
    "rollback": "Activate the encoder that was active before.",
    "retire": "Drop the vectors of encoder V. Kept searches that use it expire.",
}


class Command(BaseCommand):
    help = (
        "Change the encoder while the shop is open: add a new one, compare it with the"
        " active one, activate it, roll back, retire the old one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True)

        def step(name: str, run: Callable[..., None]) -> Callable[..., Any]:
            text = STEPS[name]
            sub = steps.add_parser(name, help=text, description=text)
            sub.set_defaults(run=run)
            return sub.add_argument

        add = step("add", self.embed_and_index)
        add("folder", type=Path, metavar="DIR")
        add("--here", action="store_true", help="embed in this process, not by workers")
        step("list", self.show)
        add = step("compare", self.compare)
        add("before", metavar="A")
        add("after", metavar="B")
        add("--queries", type=int, default=200, help="default 200")
        add("--seed", type=int, default=0, help="chooses the random photos")
        add = step("activate", self.activate)
        add("version", metavar="V")
        step("rollback", self.rollback)
        add = step("retire", self.retire)
        add("version", metavar="V")
        add("--yes", action="store_true", help="do not ask for confirmation")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            options["run"](**options)
        except REFUSALS as error:
            raise CommandError(str(error)) from error

    def embed_and_index(self, *, folder: Path, here: bool, **options: Any) -> None:
        encoder = register(open_network(folder))
        EmbeddingFailure.objects.filter(encoder=encoder).delete()
        self.embed(encoder, here)
        self.print("Building the index.")
        rollout.finish_loading(encoder)
        status = rollout.status_of(encoder)
        photos = status.embedded + status.pending + status.failed
        self.print(
            f"{encoder}: {status.embedded} of {photos} photos embedded,"
            f" {status.failed} failed; index {status.index}."
        )
        try:
            recall = measure_recall(encoder)
        except NothingToMeasure:
            return
        self.print(
            f"{recall} (mean of {recall.sample} photos), index"
            f" {recall.index_p50_ms:.1f} ms, exact {recall.exact_p50_ms:.1f} ms."
        )
        if status.encoder.state != Encoder.State.ACTIVE:
            self.print(f"Next: manage.py encoder activate {encoder}")

    def embed(self, encoder: Encoder, here: bool) -> None:
        total = Photo.objects.due(encoder).count()
        with tqdm(
            total=total, unit=" photos", desc="Embedding", disable=not total
        ) as bar:
            if not here:
                try:
                    wait_for_workers(encoder, bar, patience_s=PATIENCE_S)
                    return
                except NoWorker:
                    tqdm.write(
                        "No worker answers. Embedding in this process.", sys.stderr
                    )
            embed_due(encoder=encoder, progress=bar.update)

    def show(self, **options: Any) -> None:
        previous = rollout.previous_encoder()
        for encoder in Encoder.objects.order_by("created"):
            status = rollout.status_of(encoder)
            self.print(
                f"{encoder}  {encoder.state}"
                + (" (rollback activates it)" if encoder == previous else "")
            )
            if encoder.state != Encoder.State.RETIRED:
                self.print(
                    f"  {status.embedded} embedded, {status.pending} pending,"
                    f" {status.failed} failed, index {status.index}"
                )
            self.print(
                f"  {encoder.folder}, added {encoder.created:%Y-%m-%d %H:%M} UTC"
            )

    def compare(
        self, *, before: str, after: str, queries: int, seed: int, **options: Any
    ) -> None:
        if not 1 <= queries <= 10_000:
            raise CommandError("--queries must be a number from 1 to 10000.")
        diff = compare(
            rollout.find_encoder(before),
            rollout.find_encoder(after),
            queries=queries,
            seed=seed,
        )
        photos = len(diff.photos)
        self.print(
            f"Searched with {photos} photos of the shop, {diff.recent} of them used by"
            f" shoppers lately, and compared the {K} nearest products:\n"
            f"overlap@{K}             {diff.overlap:.3f}\n"
            f"new first result       {diff.new_firsts} of {photos}\n"
            f"side by side           {write_page(diff)}"
        )

    def activate(self, *, version: str, **options: Any) -> None:
        encoder = rollout.activate(version)
        self.print(f"{encoder} is active. To go back: manage.py encoder rollback")

    def rollback(self, **options: Any) -> None:
        encoder = rollout.rollback()
        self.print(f"{encoder} is active again.")
        if missing := rollout.status_of(encoder).pending:
            self.print(
                f"{missing} photos cannot be found until they are embedded with it."
            )

    def retire(self, *, version: str, yes: bool, **options: Any) -> None:
        encoder = rollout.find_encoder(version)
        if not yes:
            count = rollout.status_of(encoder).embedded
            try:
                answer = input(f"Drop {count} vectors of {version} for good? [y/N] ")
            except EOFError:  # run by a script
                message = "Nothing was changed. Pass --yes to confirm."
                raise CommandError(message) from None
            if answer.strip().lower() not in ("y", "yes"):
                raise CommandError("Nothing was changed.")
        rollout.retire(version)
        self.print(
            f"{version} is retired. Its vectors were dropped, its files were not."
        )

    def print(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
