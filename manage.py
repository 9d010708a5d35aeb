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
    from django.db import OperationalError
    from kombu.exceptions import OperationalError as BrokerError
    from redis.exceptions import ConnectionError as CacheError

    from fashionlens.embedded import EmbeddedError, use_servers

    command = arguments[1] if len(arguments) > 1 else "help"
    asks_help = bool({"-h", "--help", "--version"} & set(arguments))
    try:
        if asks_help or command in WITHOUT_SERVERS or not settings.EMBEDDED:
            execute_from_command_line(arguments)
            return
        with use_servers(settings.VAR, command):
            execute_from_command_line(arguments)
    except (EmbeddedError, ImproperlyConfigured) as error:
        sys.exit(f"{error}")
    except OperationalError as error:
        _leave("database (DATABASE_URL)", error, arguments)
    except (BrokerError, CacheError) as error:
        _leave("broker or the cache (REDIS_URL)", error, arguments)


def _leave(server: str, error: Exception, arguments: list[str]) -> None:
    if "--traceback" in arguments:
        raise error
    sys.exit(f"The {server} does not do its part: {error}")


if __name__ == "__main__":
    main(sys.argv)
