import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.photos.check import MediaCheck, check_media

MAX_LISTED = 50


class Command(BaseCommand):
    help = (
        "List photos whose file is missing and files that belong to no photo. With"
        " --repair, files without a photo are deleted, missing ones are copied from a"
        " photo of the same pixels or read again by the next import of their feed. A"
        " worker repairs once a week. Fails if photos stay without a file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="repair what can be")
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object of numbers"
        )

    def handle(self, *args: Any, repair: bool, json: bool, **options: Any) -> None:
        check = check_media(repair=repair)
        if json:
            self.stdout.write(_as_json(check))
        else:
            self._print(check, repair)
        if check.lost:
            raise CommandError(
                f"{len(check.lost)} photos have no file. Upload them again in the"
                " admin, or restore MEDIA_ROOT from a backup."
            )

    def _print(self, check: MediaCheck, repair: bool) -> None:
        lost = [f"{i.file} of {i.product.sku} (photo {i.pk})" for i in check.lost]
        self._list("missing", lost)
        deleted = ", deleted" if repair else ""
        self._list(f"without a photo{deleted}", check.orphaned)
        self._list(f"thumbnails without a photo{deleted}", check.thumbnails)
        self._list(f"half-written{deleted}", check.partial)
        if check.restored:
            self.stdout.write(f"{len(check.restored)} missing files are copied.")
        if check.awaited:
            self.stdout.write(
                f"{len(check.awaited)} missing files come with the next import."
            )
        self.stdout.write(
            f"{check.photos} photos, {len(check.missing)} without a file;"
            f" {len(check.spare)} files without a photo."
        )
        if not repair and (check.spare or check.missing):
            self.stdout.write("Run it with --repair to repair what can be.")

    def _list(self, title: str, names: list[str]) -> None:
        if names:
            self.stdout.write(f"{title.capitalize()}:")
        for name in names[:MAX_LISTED]:
            self.stdout.write(f"  {name}")
        if len(names) > MAX_LISTED:
            self.stdout.write(f"  and {len(names) - MAX_LISTED} more")


def _as_json(check: MediaCheck) -> str:
    counted = ("missing", "restored", "awaited", "lost")
    spare = ("orphaned", "thumbnails", "partial")
    numbers = {name: len(getattr(check, name)) for name in (*counted, *spare)}
    return json.dumps({"photos": check.photos, **numbers})
