#!/usr/bin/env python
"""Django's command line, with the embedded servers running when they are used."""

import os
import sys

# These touch no database, or (up, demo) start the servers themselves.
WITHOUT_SERVERS = {
    "check",
    "collectstatic",
    "compilemessages",
    "demo",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "spectacular",
    "startapp",
    "up",
    "version",
}


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionlens.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from fashionlens.embedded import EmbeddedError, running

    command = arguments[1] if len(arguments) > 1 else "help"
    asks_help = bool({"-h", "--help", "--version"} & set(arguments))
    try:
        if asks_help or command in WITHOUT_SERVERS or not settings.EMBEDDED:
            execute_from_command_line(arguments)
            return
        with running(settings.VAR, command):
            execute_from_command_line(arguments)
    except (EmbeddedError, ImproperlyConfigured) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main(sys.argv)
