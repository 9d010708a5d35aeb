import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.events.report import DAYS, Counts, EventReport, build_report


class Command(BaseCommand):
    help = (
        "Print how often products were shown, clicked and added to the cart, by list"
        " and position, and the searches without results. The admin shows the same"
        " under Events."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=DAYS,
            help=f"how far back (default {DAYS}; events are kept for EVENTS_DAYS)",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 3650:
            raise CommandError("--days must be a number from 1 to 3650.")
        report = build_report(options["days"])
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), default=str))
            return
        self.show_lists(report)
        self.show_empty_searches(report)
        if not settings.EVENTS_DAYS:
            self.stdout.write("EVENTS_DAYS is 0: no events are recorded.")

    def show_lists(self, report: EventReport) -> None:
        self.stdout.write(
            f"{f'Last {report.days} days':<24}   shown  clicks   rate carts"
        )
        for each in report.lists:
            self.stdout.write(_line(each.name, each.all))
            for position, counts in each.positions.items():
                self.stdout.write(_line(f"{position:>6}", counts))
        for version, counts in report.encoders.items():
            self.stdout.write(_line(f"encoder {version}", counts))
        if not report.lists:
            self.stdout.write("There are no events.")

    def show_empty_searches(self, report: EventReport) -> None:
        self.stdout.write(f"\n{report.empty_searches} searches without results")
        for row in report.empty_word_searches:
            self.stdout.write(f"{row.times:>6}  {row.text}")
        for search in report.empty_photo_searches:
            when, filters = search.cells
            self.stdout.write(f"{when} UTC  by photo, {filters}")


def _line(name: str, counts: Counts) -> str:
    shown, clicks, carts = counts.impressions, counts.clicks, counts.carts
    return f"{name:<24}{shown:>8}{clicks:>8}{counts.percent:>7}{carts:>6}"
