from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fashionlens.demo import setup
from fashionlens.demo.class_folders import ImportRefused, find_photos
from fashionlens.embedded import EmbeddedError
from fashionlens.stack import Stack
from search.index.embed import index_status


class Command(BaseCommand):
    help = (
        "Run the whole shop on this machine and, if it is empty, fill it: with the"
        " photos of FASHIONLENS_PHOTOS (a folder of class folders), else with the"
        " public clothing dataset, else with drawn samples. Ctrl-C stops it all."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, help="default: FASHIONLENS_PORT or 8000"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with Stack(
                command="demo", say=self.say, port=options["port"], quiet=True
            ) as stack:
                self.run(stack)
        except EmbeddedError as error:
            raise CommandError(str(error)) from error

    def run(self, stack: Stack) -> None:
        self.say("Starting the database and the broker.")
        stack.start_servers()
        stack.migrate()
        password = setup.ensure_admin()
        if setup.needs_catalogue():
            self.load_catalogue()
        stack.start("worker", "beat")
        call_command("embed")
        stack.start("web")
        self.say(self.banner(stack, password))
        stack.wait()

    def load_catalogue(self) -> None:
        source = setup.find_source()
        try:
            find_photos(source.folder)
        except ImportRefused as error:
            raise CommandError(str(error)) from error
        self.say(f"Photos: {source.words}.")
        setup.mark_unfinished()
        call_command("import_photos", source.folder)
        setup.mark_finished()

    def banner(self, stack: Stack, password: str) -> str:
        shop = f"http://127.0.0.1:{stack.port}"
        status = index_status()
        lines = [
            f"FashionLens is running: {status['embedded']} of {status['photos']}"
            " photos can be searched.",
            f"  Shop      {shop}/",
            f"  Search    {shop}/search/",
            f"  Admin     {shop}/admin/   user {setup.ADMIN}, password {password}",
            f"  API docs  {shop}/api/docs/",
            "Press Ctrl-C to stop. The data stays; `make demo` starts it again.",
        ]
        return "\n" + "\n".join(lines)

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
