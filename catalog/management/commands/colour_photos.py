from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from catalog.photos import colour_photos, uncoloured


class Command(BaseCommand):
    help = (
        "Name the colours of photos stored before colours were; new photos have them"
        " from the start. May be stopped and run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        total = uncoloured().count()
        with tqdm(total=total, unit=" photos", desc="Looking") as bar:
            failed = colour_photos(progress=bar.update)
        for image, reason in failed:
            self.stderr.write(f"Photo {image.pk} ({image.file}): {reason}")
        self.stdout.write(
            f"{total - len(failed)} photos have colours now, {len(failed)} failed."
        )
