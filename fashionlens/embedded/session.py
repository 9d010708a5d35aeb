"""The servers of one `var` for the time of a command, which starts or joins them."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.locks import Claim, Lock, claim, read_launcher
from fashionlens.embedded.paths import make_var
from fashionlens.embedded.servers import Servers, servers_answer
from fashionlens.embedded.system_user import SystemUser

STACK_COMMANDS = ("up", "demo")  # these do not share the servers with each other


def clear_libpq_variables() -> None:
    # PGSERVICE or PGOPTIONS would change how we connect to our own server.
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


@contextmanager
def use_servers(var: Path, command: str = "") -> Iterator[None]:
    """Keep the servers of `var` running inside this block.

    A command that starts them waits for those that joined before it stops them.
    """
    clear_libpq_variables()
    make_var(var)
    users = Lock(var / "users.lock")
    users.acquire(shared=True, wait=True)
    try:
        own_claim = _claim_or_join(var, command)
        if own_claim is None:
            yield
            return
        try:
            servers = Servers(var, own_claim.fd)
            try:
                servers.start()
                yield
                _wait_for_others(users)
            finally:
                servers.stop()
        finally:
            own_claim.release()
    finally:
        users.close()


def _claim_or_join(var: Path, command: str, patience_s: float = 60) -> Claim | None:
    """Return the claim, or None once the servers of another launcher answer."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if own_claim := claim(var, command):
            return own_claim
        launcher = read_launcher(var)
        if launcher and launcher.uid != os.geteuid():
            raise EmbeddedError(
                f"The servers of {var} were started by"
                f" {SystemUser.from_uid(launcher.uid).name} with {launcher}. Run this"
                " command as the same user."
            )
        if servers_answer(var):
            return None
        time.sleep(0.05)
    raise EmbeddedError(
        f"The servers of {var}, started by {read_launcher(var)}, do not answer. Their"
        f" logs are in {var / 'log'}."
    )


def claim_exclusively(var: Path, command: str, patience_s: float = 60) -> Claim:
    """Return the claim for a whole stack; wait for other commands, refuse a stack."""
    end, notified = time.monotonic() + patience_s, False
    while not (own_claim := claim(var, command)):
        launcher = read_launcher(var)
        if launcher and launcher.command in STACK_COMMANDS:
            raise EmbeddedError(
                f"FashionLens is already running in {var}: {launcher}. Stop it first,"
                " or set FASHIONLENS_VAR and FASHIONLENS_PORT to run a second one."
            )
        if time.monotonic() > end:
            raise EmbeddedError(
                f"{launcher} still uses the servers of {var}. Stop it first."
            )
        if launcher and not notified:
            print(f"Waiting for {launcher} to finish.", flush=True)
            notified = True
        time.sleep(0.05)
    return own_claim


def _wait_for_others(users: Lock) -> None:
    if not users.acquire():
        print("Waiting for other commands that use the same servers.", flush=True)
        users.acquire(wait=True)
