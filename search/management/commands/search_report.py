import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.events.report import DAYS, Counts, Report, report


class Command(BaseCommand):
    help = (
        "How often what lists showed was clicked and put into the cart, by list and"
        " place, and what was searched for in vain. The admin shows the same under"
        " Events."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=DAYS,
            help=f"how far back (default {DAYS}; EVENTS_DAYS says what is kept)",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 3650:
            raise CommandError("--days is a number from 1 to 3650.")
        found = report(options["days"])
        if options["json"]:
            self.stdout.write(json.dumps(found.as_dict(), default=str))
            return
        self.show_lists(found)
        self.show_vain(found)
        if not settings.EVENTS_DAYS:
            self.stdout.write("EVENTS_DAYS is 0: nothing is recorded.")

    def show_lists(self, found: Report) -> None:
        self.stdout.write(
            f"{f'Last {found.days} days':<24}   shown  clicks   rate carts"
        )
        for each in found.lists:
            self.stdout.write(_line(each.name, each.all))
            for place, counts in each.places.items():
                self.stdout.write(_line(f"{place:>6}", counts))
        for version, counts in found.encoders.items():
            self.stdout.write(_line(f"encoder {version}", counts))
        if not found.lists:
            self.stdout.write("Nothing was shown or clicked.")

    def show_vain(self, found: Report) -> None:
        self.stdout.write(f"\n{found.nothing} searches found nothing")
        for row in found.words:
            self.stdout.write(f"{row.times:>6}  {row.text}")
        for picture in found.pictures:
            when, filters = picture.cells
            self.stdout.write(f"{when} UTC  by picture, {filters}")


def _line(name: str, counts: Counts) -> str:
    shown, clicks, carts = counts.impressions, counts.clicks, counts.carts
    return f"{name:<24}{shown:>8}{clicks:>8}{counts.percent:>7}{carts:>6}"
