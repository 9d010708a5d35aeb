from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from ml.encoder import SHIPPED, EncoderError
from search.change import fine_tuning


class Command(BaseCommand):
    help = (
        "Train an encoder on the shop's own published photos, beginning from the one"
        " that comes with FashionLens. Photos of one product count as the same thing,"
        " categories as kinds. A part of the products is held out to measure on. The"
        " result is added as an encoder that is not active. Run it again after an"
        " interruption: it goes on where it stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add(
            "--out",
            type=Path,
            metavar="DIR",
            help="where the encoder goes, which web and worker processes must be able"
            " to read (default: a folder of its version under var/encoders)",
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
        add(
            "--steps", type=int, metavar="N", help="of an epoch (default: the recipe's)"
        )
        add("--seed", type=int, default=1, metavar="N", help="default: 1")
        add(
            "--most-photos",
            type=int,
            default=fine_tuning.MOST_PHOTOS,
            metavar="N",
            help="train on so many at most, of products drawn at random, as all of them"
            f" are held in memory (default: {fine_tuning.MOST_PHOTOS})",
        )
        add(
            "--fresh",
            action="store_true",
            help="throw away what a run that was stopped left, and begin again",
        )

    def handle(
        self, *args: Any, out: Path | None, start: Path, fresh: bool, **options: Any
    ) -> None:
        steps = options["steps"]
        if (steps is not None and steps < 1) or options["seed"] < 0:
            raise CommandError("--steps is 1 or more, --seed 0 or more.")
        plan = fine_tuning.Plan(
            start=str(start.absolute()),
            recipe=options["recipe"],
            seed=options["seed"],
            steps=steps,
            most_photos=max(0, options["most_photos"]),
        )
        work = settings.VAR / "train_encoder"
        try:
            fine_tuning.ensure_trainable()
            if out is not None:
                fine_tuning.ensure_free(out := out.absolute())
            with fine_tuning.at_work(work, plan, fresh) as lock:
                self.teach(work, plan, out, lock)
        except (fine_tuning.TeachingRefused, EncoderError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. Run the same command again to go on where it stopped."
            ) from None

    def teach(
        self, work: Path, plan: fine_tuning.Plan, out: Path | None, lock: int
    ) -> None:
        total = min(fine_tuning.shop_photos().count(), plan.most_photos)
        with tqdm(total=total, unit=" photos", desc="Exporting") as bar:
            exported = fine_tuning.export_photos(work, plan.most_photos, bar.update)
        self.say_what_is_there(exported)
        folder = fine_tuning.train(work, plan, lock)
        before = fine_tuning.evaluate(work, Path(plan.start), "before", lock)
        after = fine_tuning.evaluate(work, folder, "after", lock)
        encoder = fine_tuning.keep(work, out, after)
        self.compare(before, after)
        self.say(
            f"{encoder} is added, not active: {encoder.folder}\n"
            f"Next: manage.py encoder add {encoder.folder}\n"
            "embeds every photo with it; then `encoder compare` and `encoder activate`."
        )

    def say_what_is_there(self, exported: fine_tuning.Exported) -> None:
        for line in exported.skipped:
            self.stderr.write(f"Skipped {line}")
        for slug in exported.too_small:
            self.stderr.write(f"Left out the category {slug}: it has one photo.")
        self.say(
            f"{exported.photos} photos of {exported.products} products in"
            f" {exported.categories} categories to train on; {exported.copies} copies"
            f" and {len(exported.skipped)} unreadable photos left out."
        )

    def compare(
        self, before: dict[str, Any] | None, after: dict[str, Any] | None
    ) -> None:
        if before is None or after is None:
            self.say("Too few products to hold any out: nothing was measured.")
            return
        self.say(
            f"On {after['category']['queries']} photos of products held out,"
            f" {before['encoder']} and {after['encoder']}:"
        )
        for words, part, row in (
            ("the closest is of the same category", "category", None),
            ("a changed view finds its own photo", "instance", "first"),
        ):
            shares = [
                (figures[part][row] if row else figures[part])["recall@1"]
                for figures in (before, after)
            ]
            self.say(f"  {words:<36} {' and '.join(f'{s:.3f}' for s in shares)}")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
