from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from fashionlens.embedded import EmbeddedError
from fashionlens.stack import Stack


class Command(BaseCommand):
    help = (
        "Run the shop in the foreground: web, Celery worker and scheduler, and the"
        " embedded PostgreSQL and Valkey unless DATABASE_URL and REDIS_URL are set."
        " Press Ctrl-C to stop. Data is kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=settings.PORT,
            help="port on 127.0.0.1 (default: FASHIONLENS_PORT or 8000)",
        )
        parser.add_argument(
            "--workers", type=int, default=2, help="Celery processes (default: 2)"
        )
        parser.add_argument(
            "--quiet",
            action="store_true",
            help="write the output of the processes to FASHIONLENS_VAR/log only",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.run(options["port"], options["workers"], options["quiet"])
        except EmbeddedError as error:
            raise CommandError(str(error)) from error

    def run(self, port: int, workers: int, quiet: bool) -> None:
        with Stack(
            command="up", say=self.say, port=port, workers=workers, quiet=quiet
        ) as stack:
            stack.start_servers()
            stack.migrate()
            stack.start("web")  # first, since alone it answers a second sooner
            self.say(
                f"FashionLens runs at http://127.0.0.1:{port}/. Press Ctrl-C to stop."
            )
            stack.start("worker", "upkeep", "beat")
            stack.wait()

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
