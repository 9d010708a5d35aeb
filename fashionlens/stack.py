"""The whole shop in the foreground: servers, worker, scheduler and web.

    with Stack(command="up", say=print) as stack:
        stack.start_servers()
        stack.migrate()
        stack.start("worker", "upkeep", "beat", "web")
        stack.wait()

A process or server that stops is started again, unless it keeps stopping. Leaving the
block, also by Ctrl-C, stops the processes first, then the servers. The data is kept.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Self

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from kombu import Connection

from fashionlens.celery import app
from fashionlens.embedded import EmbeddedError, processes
from fashionlens.embedded.servers import Servers
from fashionlens.embedded.session import claim_exclusively, clear_libpq_variables
from fashionlens.embedded.supervisor import Supervised

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A worker without its broker hangs on a milder signal, and would join the next start
# with old code.
DEATH_SIGNALS = {
    "worker": signal.SIGKILL,
    "upkeep": signal.SIGKILL,
    "beat": signal.SIGTERM,
    "web": signal.SIGTERM,
}
STOP_PATIENCE_S = 20.0
GUNICORN_CONFIG = "python:fashionlens.server.config"


class Stack:
    def __init__(
        self,
        *,
        command: str,
        say: Callable[[str], object] = print,
        port: int | None = None,
        workers: int = 2,
        quiet: bool = False,
    ):
        self.var: Path = settings.VAR
        self.port = port or settings.PORT
        self.workers, self.quiet = workers, quiet
        self._command, self._say = command, say
        self._children: dict[str, Supervised] = {}
        self._servers: Servers | None = None
        self._interrupts, self._stopping = 0, False

    def __enter__(self) -> Self:
        self._old_signals = {number: signal.getsignal(number) for number in SIGNALS}
        for number in SIGNALS:
            signal.signal(number, self._interrupt)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._stopping = True
        interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        if interrupted:
            self.say("Stopping. Press Ctrl-C again to stop immediately.")
        try:
            self._stop()
        finally:
            self._restore_signals()
        return interrupted  # Ctrl-C is the ordinary way to leave

    def start_servers(self) -> None:
        self._claim = claim_exclusively(self.var, self._command)
        check_port(self.port)
        if not settings.EMBEDDED:
            return
        clear_libpq_variables()
        self._servers = Servers(self.var, self._claim.fd)
        self._servers.start()
        with app.connection_for_write() as connection:
            restore_unacknowledged(connection)

    def migrate(self) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        connections.close_all()

    def start(self, *names: str) -> None:
        connections.close_all()
        for name in names:
            self._children[name] = Supervised(
                f"{name} process", self.log(name), partial(self._spawn, name)
            )
        if "web" in names:
            self._wait_for_web()

    def check(self) -> None:
        if self._servers:
            self._servers.check()
        for child in self._children.values():
            child.check()

    def wait(self) -> None:
        """Restart what stops; raise EmbeddedError if it keeps stopping."""
        while True:
            if self._servers:
                self._servers.restart_stopped(self.say)
            for child in self._children.values():
                child.restart_if_stopped(self.say)
            time.sleep(0.25)

    def say(self, text: str) -> None:
        with suppress(OSError):  # a closed terminal must not interrupt the shutdown
            self._say(text)

    def log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        log = processes.open_log(self.log(name))
        child = processes.spawn(
            [sys.executable, "-m", *self._arguments(name)],
            lock_fd=self._claim.fd,
            death_signal=DEATH_SIGNALS[name],
            output=log if self.quiet else subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            cwd=settings.BASE_DIR,
        )
        if self.quiet:
            log.close()
        else:
            threading.Thread(
                target=_copy_output, args=(name, child.stdout, log), daemon=True
            ).start()
        return child

    def _arguments(self, name: str) -> list[str]:
        celery = ["celery", "-A", "fashionlens"]
        if name in ("worker", "upkeep"):
            embeds = name == "worker"
            queue = settings.EMBEDDING_QUEUE if embeds else settings.UPKEEP_QUEUE
            options = (
                f"worker --loglevel INFO --hostname {name}@%h --queues {queue}"
                f" --concurrency {self.workers if embeds else 1}"
                " --without-gossip --without-mingle --without-heartbeat"
            )
            return [*celery, *options.split()]
        if name == "beat":
            schedule = str(self.var / "beat-schedule")
            return [*celery, "beat", "--schedule", schedule, "--pidfile", ""]
        options = f"--bind 127.0.0.1:{self.port} --workers 2 --config {GUNICORN_CONFIG}"
        return ["gunicorn", "fashionlens.wsgi", *options.split()]

    def _wait_for_web(self) -> None:
        url = f"http://127.0.0.1:{self.port}/healthz"
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self.check()
            try:
                urllib.request.build_opener(_no_proxy).open(url, timeout=10).close()
                return
            except urllib.error.HTTPError:
                return  # any answer will do
            except OSError:
                time.sleep(0.05)
        raise EmbeddedError(
            f"The web process does not answer. Its log is {self.log('web')}."
        )

    def _stop(self) -> None:
        connections.close_all()
        for child in self._children.values():
            with suppress(ProcessLookupError):
                child.process.send_signal(signal.SIGTERM)
        for child in self._children.values():
            processes.wait_or_kill(child.process, STOP_PATIENCE_S, self._is_hurried)
        if self._servers:
            self._servers.stop(self._is_hurried)

    def _restore_signals(self) -> None:
        if hasattr(self, "_claim"):
            self._claim.release()
        for number, handler in self._old_signals.items():
            signal.signal(number, handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupts += 1
        if not self._stopping:
            self._stopping = True
            raise KeyboardInterrupt

    def _is_hurried(self) -> bool:
        return self._interrupts > 1


_no_proxy = urllib.request.ProxyHandler({})


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EmbeddedError(
                f"Port {port} cannot be used ({error.strerror}). Choose another one:"
                f" FASHIONLENS_PORT={port + 1}."
            ) from error


def restore_unacknowledged(connection: Connection) -> None:
    """Return to the queue the messages that a killed worker had not finished.

    The transport does so after its visibility timeout only. No worker is alive here, so
    there is nothing to wait for.
    """
    channel: Any = connection.default_channel  # of the redis transport
    for tag in channel.client.hkeys(channel.unacked_key):
        channel.qos.restore_by_tag(tag.decode(), channel.client)


def _copy_output(name: str, lines: IO[bytes], log: IO[bytes]) -> None:
    with log:
        for line in lines:
            log.write(line)
            log.flush()
            with suppress(OSError, ValueError):
                sys.stdout.write(f"{name:>6} | {line.decode(errors='replace')}")
                sys.stdout.flush()
