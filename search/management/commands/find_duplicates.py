import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from catalog.upkeep.runs import AlreadyRunning, run_alone
from search.models import DuplicateGroup, Embedding
from search.query.duplicates import find_duplicates
from search.tasks import look_for_duplicates


class Command(BaseCommand):
    help = (
        "Find photos with the same pixels, the same picture in another size or"
        " compression, and products that look alike. No product is changed; the admin"
        " shows the same groups. The scheduler runs this every night."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        total = Embedding.objects.filter(encoder__state="active").count()
        with tqdm(total=total, unit=" photos", desc="Comparing") as bar:
            try:
                with run_alone(look_for_duplicates.name):
                    counts = find_duplicates(progress=bar.update)
            except AlreadyRunning as error:
                raise CommandError(str(error)) from error
        standing = DuplicateGroup.objects.standing().filter(dismissed=None)
        groups = standing.prefetch_related("photos__product")
        if options["json"]:
            listed = [_as_json(group) for group in groups]
            self.stdout.write(json.dumps(counts | {"groups": listed}))
            return
        for group in groups:
            self.stdout.write(f"{group.get_kind_display()}:")
            for photo in group.photos.all():
                self.stdout.write(f"  {photo.product.sku}  {photo.file.name}")
        figures = ", ".join(f"{name} {count}" for name, count in counts.items())
        self.stdout.write(f"Groups of photos: {figures}.")


def _as_json(group: DuplicateGroup) -> dict[str, Any]:
    photos = [
        {"sku": photo.product.sku, "photo": photo.pk, "file": photo.file.name}
        for photo in group.photos.all()
    ]
    return {"kind": group.kind, "photos": photos}
