"""Servers for the time of one command: started by it, or joined."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fashionlens.embedded.accounts import Account
from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.locks import Claim, Lock, claim, holder
from fashionlens.embedded.places import make_var
from fashionlens.embedded.servers import Servers, answer

STACK_COMMANDS = ("up", "demo")  # these keep the servers for themselves


def clean_environment() -> None:
    """Take libpq's variables out: PGSERVICE or PGOPTIONS would reach our server too."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


@contextmanager
def running(var: Path, command: str = "") -> Iterator[None]:
    """Have the servers of `var` run inside this block.

    Whoever finds them stopped starts them, and waits for those who joined before it
    stops them again.
    """
    clean_environment()
    make_var(var)
    users = Lock(var / "users.lock")
    users.take(shared=True, wait=True)
    try:
        mine = _claim_or_join(var, command)
        if mine is None:
            yield
            return
        try:
            servers = Servers(var, mine.fd)
            try:
                servers.start()
                yield
                _wait_for_others(users)
            finally:
                servers.stop()
        finally:
            mine.release()
    finally:
        users.close()


def _claim_or_join(var: Path, command: str, patience_s: float = 60) -> Claim | None:
    """The claim when nobody has it, else None as soon as the other's servers answer."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if mine := claim(var, command):
            return mine
        other = holder(var)
        if other and other.uid != os.geteuid():
            raise EmbeddedError(
                f"The servers of {var} were started by {Account.of(other.uid).name}"
                f" with {other}. Run this command as the same user."
            )
        if answer(var):
            return None
        time.sleep(0.05)
    raise EmbeddedError(
        f"The servers of {var} belong to {holder(var)}, but do not answer."
        f" Their logs are in {var / 'log'}."
    )


def claim_alone(var: Path, command: str, patience_s: float = 60) -> Claim:
    """The claim for a whole stack, which does not share with another one."""
    end, told = time.monotonic() + patience_s, False
    while not (mine := claim(var, command)):
        other = holder(var)
        if other and other.command in STACK_COMMANDS:
            raise EmbeddedError(
                f"FashionLens already runs in {var}: {other}. Stop that one first, or"
                " set FASHIONLENS_VAR and FASHIONLENS_PORT to run a second one."
            )
        if time.monotonic() > end:
            raise EmbeddedError(
                f"{other} still uses the servers of {var}: end it first."
            )
        if other and not told:
            print(f"Waiting for {other} to finish.", flush=True)
            told = True
        time.sleep(0.05)
    return mine


def _wait_for_others(users: Lock) -> None:
    if not users.take():
        print("Waiting for the commands that use the same servers.", flush=True)
        users.take(wait=True)
