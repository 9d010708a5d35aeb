from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from fashionlens.keys.models import ApiKey, make_key


class Command(BaseCommand):
    help = "Make, list and revoke keys of the API. A new key is printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        make = commands.add_parser("make", help="make a key and print it")
        make.add_argument("name", help="what uses the key")
        make.add_argument(
            "--scope",
            dest="scopes",
            action="append",
            default=[],
            choices=ApiKey.Scope.values,
            help="what a secret key may do; may be repeated. Without: publishable",
        )
        make.add_argument(
            "--origin",
            dest="origins",
            action="append",
            default=[],
            help="a page that may use a publishable key; may be repeated",
        )
        make.add_argument("--days", type=int, help="how long it is valid")
        make.add_argument("--rate", default="", help="its own limit, as 600/min")
        commands.add_parser("list", help="list the keys")
        revoke = commands.add_parser("revoke", help="make a key useless")
        revoke.add_argument("id", type=int)

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        {"make": self._make, "list": self._list, "revoke": self._revoke}[command](
            options
        )

    def _make(self, options: dict[str, Any]) -> None:
        days = options["days"]
        scopes, origins = options["scopes"], options["origins"]
        try:
            _, token = make_key(
                name=options["name"],
                kind=ApiKey.Kind.SECRET if scopes else ApiKey.Kind.PUBLISHABLE,
                scopes=scopes,
                origins=origins,
                rate=options["rate"],
                expires=timezone.now() + timedelta(days=days) if days else None,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(token)

    def _list(self, options: dict[str, Any]) -> None:
        for key in ApiKey.objects.all():
            state = "revoked" if key.revoked else "expired" if key.is_expired else ""
            may = ",".join(key.scopes or key.origins)
            used = f"used {key.last_used:%Y-%m-%d %H:%M}" if key.last_used else "unused"
            parts = [
                str(key.pk),
                key.name,
                key.kind,
                f"...{key.hint}",
                may,
                used,
                state,
            ]
            self.stdout.write("  ".join(filter(None, parts)))

    def _revoke(self, options: dict[str, Any]) -> None:
        key = ApiKey.objects.filter(pk=options["id"]).first()
        if key is None:
            raise CommandError("There is no such key. `api_key list` shows all.")
        key.revoke()
        self.stdout.write(f"{key.name} is revoked.")
