import sys
from argparse import ArgumentParser
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

# How long to wait for a worker's answer before embedding in this process.
PATIENCE_S = 3
REFUSALS = (EncoderError, NothingToCompare, rollout.RolloutRefused)


class Command(BaseCommand):
    help = (
        "Change the encoder while the shop is open: add a new one beside the active"
        " one, compare the two, activate it, roll back, retire the old one. Searches"
        " go by one encoder at every moment."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True)

        def step(name: str, run: Callable[..., None], words: str) -> ArgumentParser:
            sub = steps.add_parser(name, help=words, description=words)
            sub.set_defaults(run=run)
            return sub

        add = step(
            "add",
            self.embed_and_index,
            "Embed every photo with the network in DIR, then build its index. Run it"
            " again after an interruption: it goes on where it stopped, and tries"
            " failed photos again. The files stay where they are; every web and worker"
            " process must be able to read DIR.",
        )
        add.add_argument("folder", type=Path, metavar="DIR")
        add.add_argument(
            "--here", action="store_true", help="no workers: embed in this process"
        )
        step("list", self.show, "Every encoder and where it stands.")
        both = step(
            "compare",
            self.compare,
            "What would change between encoders A and B, in numbers and as a page with"
            " pictures. The questions are those that shoppers asked in the last 30 days"
            " with a product of the shop (its similar items, a search with its photo),"
            " the most asked first, and more of the shop's photos by chance. Searches"
            " with a photo of one's own cannot be asked again: their pixels are not"
            " kept, and their vectors mean nothing to another encoder.",
        )
        both.add_argument("before", metavar="A")
        both.add_argument("after", metavar="B")
        both.add_argument("--queries", type=int, default=200, help="default 200")
        both.add_argument("--seed", type=int, default=0, help="of the sample")
        one = step(
            "activate",
            self.activate,
            "Search with encoder V from now on. Refused while photos are missing or"
            " its index is.",
        )
        one.add_argument("version", metavar="V")
        step("rollback", self.rollback, "Back to the encoder before, at once.")
        old = step(
            "retire",
            self.retire,
            "Drop the vectors of encoder V. Searches shared from its time expire.",
        )
        old.add_argument("version", metavar="V")
        old.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            options["run"](**options)
        except REFUSALS as error:
            raise CommandError(str(error)) from error

    def embed_and_index(self, *, folder: Path, here: bool, **options: Any) -> None:
        encoder = register(open_network(folder))
        EmbeddingFailure.objects.filter(encoder=encoder).delete()
        self.embed(encoder, here)
        self.say("Building the index.")
        rollout.finish_loading(encoder)
        status = rollout.status_of(encoder)
        photos = status.embedded + status.pending + status.failed
        self.say(
            f"{encoder}: {status.embedded} of {photos} photos embedded,"
            f" {status.failed} failed; index {status.index}."
        )
        try:
            found = measure_recall(encoder)
        except NothingToMeasure:
            return
        self.say(
            f"{found} (mean of {found.sample} photos), index"
            f" {found.index_p50_ms:.1f} ms, exact {found.exact_p50_ms:.1f} ms."
        )
        if status.encoder.state != Encoder.State.ACTIVE:
            self.say(f"Next: manage.py encoder activate {encoder}")

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
                        "No worker answers: embedding in this process.", sys.stderr
                    )
            embed_due(encoder=encoder, progress=bar.update)

    def show(self, **options: Any) -> None:
        previous = rollout.previous_encoder()
        for encoder in Encoder.objects.order_by("created"):
            status = rollout.status_of(encoder)
            self.say(
                f"{encoder}  {encoder.state}"
                + (" (rollback goes here)" if encoder == previous else "")
            )
            if encoder.state != Encoder.State.RETIRED:
                self.say(
                    f"  {status.embedded} embedded, {status.pending} pending,"
                    f" {status.failed} failed, index {status.index}"
                )
            self.say(f"  {encoder.folder}, added {encoder.created:%Y-%m-%d %H:%M} UTC")

    def compare(
        self, *, before: str, after: str, queries: int, seed: int, **options: Any
    ) -> None:
        if not 1 <= queries <= 10_000:
            raise CommandError("--queries is a number from 1 to 10000.")
        found = compare(
            rollout.find_encoder(before),
            rollout.find_encoder(after),
            queries=queries,
            seed=seed,
        )
        asked = len(found.questions)
        self.say(
            f"{asked} of the shop's photos asked, {found.recent} of them by shoppers"
            f" lately; the {K} nearest products compared:\n"
            f"overlap@{K}             {found.overlap:.3f}\n"
            f"another first result   {found.new_firsts} of {asked}\n"
            f"side by side           {write_page(found)}"
        )

    def activate(self, *, version: str, **options: Any) -> None:
        encoder = rollout.activate(version)
        self.say(f"{encoder} is active. Back: manage.py encoder rollback")

    def rollback(self, **options: Any) -> None:
        encoder = rollout.rollback()
        self.say(f"{encoder} is active again.")
        if missing := rollout.status_of(encoder).pending:
            self.say(f"{missing} photos are not found until they are embedded with it.")

    def retire(self, *, version: str, yes: bool, **options: Any) -> None:
        encoder = rollout.find_encoder(version)
        if not yes:
            count = rollout.status_of(encoder).embedded
            try:
                answer = input(f"Drop {count} vectors of {version} for good? [y/N] ")
            except EOFError:  # of a script, there is nobody to ask
                raise CommandError("Nothing was changed. Say --yes.") from None
            if answer.strip().lower() not in ("y", "yes"):
                raise CommandError("Nothing was changed.")
        rollout.retire(version)
        self.say(f"{version} is retired; its vectors are gone, its files are left.")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
