from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from catalog.photos.store import examine_photos, unexamined


class Command(BaseCommand):
    help = (
        "Find out what photos stored by an older version came without: colours, and"
        " fingerprints to find copies by. May be stopped and run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        total = unexamined().count()
        with tqdm(total=total, unit=" photos", desc="Looking") as bar:
            failed = examine_photos(progress=bar.update)
        for image, reason in failed:
            self.stderr.write(f"Photo {image.pk} ({image.file}): {reason}")
        self.stdout.write(
            f"{total - len(failed)} photos are examined, {len(failed)} failed."
        )
