#!/usr/bin/env python
"""Django's command line; it starts the embedded servers where a command needs them."""

import os
import sys

# Commands without a database, and those (up, demo) that start the servers themselves.
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
    from django.db import OperationalError
    from kombu.exceptions import OperationalError as BrokerError
    from redis.exceptions import ConnectionError as CacheError

    from fashionlens.embedded import EmbeddedError, use_servers

    command = arguments[1] if len(arguments) > 1 else "help"
    wants_help = bool({"-h", "--help", "--version"} & set(arguments))
    try:
        if wants_help or command in WITHOUT_SERVERS or not settings.EMBEDDED:
            execute_from_command_line(arguments)
            return
        with use_servers(settings.VAR, command):
            execute_from_command_line(arguments)
    except (EmbeddedError, ImproperlyConfigured) as error:
        sys.exit(f"{error}")
    except OperationalError as error:
        _exit_with("the database (DATABASE_URL)", error, arguments)
    except (BrokerError, CacheError) as error:
        _exit_with("the broker or the cache (REDIS_URL)", error, arguments)


def _exit_with(server: str, error: Exception, arguments: list[str]) -> None:
    if "--traceback" in arguments:
        raise error
    sys.exit(f"Cannot use {server}: {error}")


if __name__ == "__main__":
    main(sys.argv)
