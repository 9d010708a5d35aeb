from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fashionlens.cluster.steps import obstacles, steps


class Command(BaseCommand):
    help = (
        "Spread the shop over the nodes of a Citus cluster. Stop all other processes"
        " first, and make a backup: `restore` into a plain server is the way back. A"
        " run that was interrupted can be repeated."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--workers",
            type=int,
            required=True,
            metavar="N",
            help="number of worker nodes; each gets one shard of the vectors",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="print the statements, run none"
        )

    def handle(self, *args: Any, workers: int, dry_run: bool, **options: Any) -> None:
        if workers < 1:
            raise CommandError(f"--workers is {workers}. Name at least one.")
        found = obstacles(workers)
        if dry_run:
            for obstacle in found:
                self.stderr.write(f"In the way: {obstacle}")
        elif found:
            raise CommandError("\n".join(found))
        for step in steps(workers):
            self.stdout.write(f"-- {step.title}")
            for statement in step.sql:
                self.stdout.write(f"{statement};")
            if not dry_run:
                step.run()
        self.stdout.write("-- Nothing was run." if dry_run else "-- Done.")
