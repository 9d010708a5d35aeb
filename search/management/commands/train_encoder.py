from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from ml.encoder import SHIPPED, EncoderError
from search.change import fine_tuning
from search.change.fine_tuning import TrainingPlan, TrainingRefused
from search.change.photo_export import (
    MAX_PHOTOS,
    Export,
    TooFewPhotos,
    export_photos,
    shop_photos,
)


class Command(BaseCommand):
    help = (
        "Train an encoder on the photos of the shop's published products, beginning"
        " from the encoder that comes with FashionLens. Some of the products are held"
        " out to measure both encoders. The new encoder is added but not activated."
        " After an interruption, run the command again to continue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add(
            "--out",
            type=Path,
            metavar="DIR",
            help="folder for the encoder, readable by all web and worker processes"
            " (default: var/encoders/VERSION)",
        )
        add(
            "--from",
            dest="start",
            type=Path,
            default=SHIPPED,
            metavar="DIR",
            help="encoder to begin from (default: the shipped one)",
        )
        add("--recipe", default="fashion", help="of ml.train (default: fashion)")
        add("--steps", type=int, metavar="N", help="an epoch (default: the recipe's)")
        add("--seed", type=int, default=1, metavar="N", help="default: 1")
        add(
            "--most-photos",
            type=int,
            default=MAX_PHOTOS,
            metavar="N",
            help="train on at most N photos, of products chosen at random (default:"
            f" {MAX_PHOTOS})",
        )
        add(
            "--fresh",
            action="store_true",
            help="discard an unfinished training and begin again",
        )

    def handle(
        self, *args: Any, out: Path | None, start: Path, fresh: bool, **options: Any
    ) -> None:
        steps = options["steps"]
        if (steps is not None and steps < 1) or options["seed"] < 0:
            raise CommandError("--steps must be 1 or more, --seed 0 or more.")
        plan = TrainingPlan(
            start=str(start.absolute()),
            recipe=options["recipe"],
            seed=options["seed"],
            steps=steps,
            max_photos=max(0, options["most_photos"]),
        )
        work = settings.VAR / "train_encoder"
        try:
            fine_tuning.check_packages()
            if out is not None:
                fine_tuning.check_empty(out := out.absolute())
            with fine_tuning.lock_work_folder(work, plan, fresh) as lock:
                self.train(work, plan, out, lock)
        except (TrainingRefused, TooFewPhotos, EncoderError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. Run the same command again to continue."
            ) from None

    def train(
        self, work: Path, plan: TrainingPlan, out: Path | None, lock: int
    ) -> None:
        total = min(shop_photos().count(), plan.max_photos)
        with tqdm(total=total, unit=" photos", desc="Exporting") as bar:
            export = export_photos(work, plan.max_photos, bar.update)
        self.print_export(export)
        folder = fine_tuning.train(work, plan, lock)
        before = fine_tuning.evaluate(work, Path(plan.start), "before", lock)
        after = fine_tuning.evaluate(work, folder, "after", lock)
        encoder = fine_tuning.register_trained(work, out, after)
        self.print_comparison(before, after)
        self.print(
            f"Encoder {encoder} was added from {encoder.folder}. It is not active.\n"
            f"Next: manage.py encoder add {encoder.folder}\n"
            "embeds every photo with it; then run encoder compare and encoder activate."
        )

    def print_export(self, export: Export) -> None:
        for line in export.skipped:
            self.stderr.write(f"Skipped {line}")
        for slug in export.too_small:
            self.stderr.write(f"Left out the category {slug}: it has one photo.")
        self.print(
            f"{export.photos} photos of {export.products} products in"
            f" {export.categories} categories to train on; {export.copies} copies"
            f" and {len(export.skipped)} unreadable photos left out."
        )

    def print_comparison(
        self, before: dict[str, Any] | None, after: dict[str, Any] | None
    ) -> None:
        if before is None or after is None:
            self.print("Nothing was measured: there are too few products to hold out.")
            return
        self.print(
            f"Recall@1 of {before['encoder']} and {after['encoder']}, on"
            f" {after['category']['queries']} photos of products held out:"
        )
        for name, part, row in (
            ("the nearest photo has the same category", "category", None),
            ("a changed view finds its own photo", "instance", "first"),
        ):
            shares = [
                (figures[part][row] if row else figures[part])["recall@1"]
                for figures in (before, after)
            ]
            values = " and ".join(f"{share:.3f}" for share in shares)
            self.print(f"  {name:<40} {values}")

    def print(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
