from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fashionlens.demo import initial_data
from fashionlens.demo.class_folders import ImportFolderError, find_photos
from fashionlens.embedded import EmbeddedError
from fashionlens.stack import Stack
from search.index.embed import index_status


class Command(BaseCommand):
    help = (
        "Run the whole shop on this machine. An empty shop is filled with the photos of"
        " FASHIONLENS_PHOTOS (a folder of class folders), else with the public clothing"
        " dataset, else with a drawn sample. Press Ctrl-C to stop."
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
        password = initial_data.ensure_admin()
        if initial_data.needs_catalogue():
            self.load_catalogue()
        stack.start("worker", "upkeep", "beat")
        call_command("embed")
        stack.start("web")
        self.say(self.banner(stack, password))
        stack.wait()

    def load_catalogue(self) -> None:
        source = initial_data.find_photo_source()
        try:
            find_photos(source.folder)
        except ImportFolderError as error:
            raise CommandError(str(error)) from error
        self.say(f"Photos: {source.description}.")
        initial_data.mark_unfinished()
        call_command("import_photos", source.folder)
        initial_data.mark_finished()

    def banner(self, stack: Stack, password: str) -> str:
        shop = f"http://127.0.0.1:{stack.port}"
        status = index_status()
        user = initial_data.ADMIN
        lines = [
            f"FashionLens is running: {status['embedded']} of {status['photos']}"
            " photos can be searched.",
            f"  Shop      {shop}/",
            f"  Search    {shop}/search/",
            f"  Admin     {shop}/admin/   user {user}, password {password}",
            f"  API docs  {shop}/api/docs/",
            "Press Ctrl-C to stop. Data is kept; run `make demo` to start again.",
        ]
        return "\n" + "\n".join(lines)

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
