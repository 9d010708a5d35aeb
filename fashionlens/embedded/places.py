"""Where the embedded servers keep their files, and the addresses they answer at.

Everything lies under `var`, except the sockets: a socket path may have 107 characters
(103 on macOS), so they get a short folder in /tmp that is private to the user.
"""

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

from fashionlens.embedded.accounts import Account
from fashionlens.embedded.errors import EmbeddedError

DATABASE = "fashionlens"
USER = "fashionlens"
PORT = "5432"  # only names the socket file; nothing listens on TCP
VALKEY_SOCKET = "valkey.sock"
SYSTEM_HOME = Path("/var/lib/fashionlens")  # root's, for what others must reach


def run_dir(var: Path) -> Path:
    """The folder of the sockets: computed, not made."""
    mark = hashlib.sha256(os.fsencode(var.resolve())).hexdigest()[:12]
    return Path(f"/tmp/fl-{os.geteuid()}-{mark}/run")


def database_settings(var: Path) -> dict[str, Any]:
    """For Django's DATABASES; host and port are explicit or PGPORT would win."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": str(run_dir(var)),
        "PORT": PORT,
        "NAME": DATABASE,
        "USER": USER,
    }


def database_url(var: Path) -> str:
    """The same address as a URL that django-environ reads."""
    return f"postgres://{USER}@:{PORT}/{run_dir(var)}/{DATABASE}"


def broker_url(var: Path, db: int = 0) -> str:
    """As kombu writes a socket."""
    return f"redis+socket://{run_dir(var)}/{VALKEY_SOCKET}?virtual_host={db}"


def cache_url(var: Path, db: int = 1) -> str:
    """As redis-py and Django write a socket."""
    return f"unix://{run_dir(var)}/{VALKEY_SOCKET}?db={db}"


def make_run_dir(var: Path, account: Account | None) -> Path:
    """Make the sockets' folder, 0700, owned by the account that runs the servers.

    Its parent in /tmp is ours alone; for another account it may only be walked.
    """
    folder = run_dir(var)
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    check_run_dir(var)
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        folder.parent.chmod(0o711)
        os.chown(folder, account.uid, account.gid)
    return folder


def check_run_dir(var: Path) -> None:
    """Refuse a folder that somebody else put in our place: /tmp is open to all."""
    parent = run_dir(var).parent
    found = parent.lstat()
    writable_by_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if (
        not stat.S_ISDIR(found.st_mode)
        or found.st_uid != os.geteuid()
        or writable_by_others
    ):
        raise EmbeddedError(
            f"{parent} is not a private folder of yours, so the servers' sockets"
            " would not be safe there. Have it removed, or set FASHIONLENS_VAR to"
            " another folder."
        )


def make_var(var: Path) -> None:
    """Make `var` and its log folder, and see that we may write there."""
    try:
        (var / "log").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(f"Cannot make {var / 'log'}: {error.strerror}.") from error
    for folder in (var, var / "log"):
        if not os.access(folder, os.W_OK | os.X_OK):
            owner = Account.of(folder.stat().st_uid).name
            raise EmbeddedError(
                f"{folder} belongs to {owner} and you may not write there. Give it to"
                f" yourself (chown -R) or set FASHIONLENS_VAR to another folder."
            )


def server_home(var: Path, account: Account | None) -> Path:
    """The folder of the servers' data, `var`/servers, made if it is not there.

    When the account cannot walk to `var` (a project below a 0700 folder, started by
    root), the data lies under /var/lib/fashionlens and `var`/servers links to it.
    """
    home = var / "servers"
    if home.is_symlink() and not home.exists():
        raise EmbeddedError(
            f"{home} links to {home.readlink()}, which is gone. Delete the link to"
            " start with an empty database."
        )
    if not home.exists():
        if account and not account.can_walk(var):
            name = f"{run_dir(var).parent.name}-{os.urandom(4).hex()}"
            target = SYSTEM_HOME / name
            target.mkdir(parents=True, mode=0o755)
            home.symlink_to(target)
        home.mkdir(exist_ok=True)
        home.chmod(0o700)
    home = home.resolve()
    if account:
        account.own(home)
    elif home.stat().st_uid != os.geteuid():
        owner = Account.of(home.stat().st_uid).name
        raise EmbeddedError(
            f"{home} belongs to {owner}: run this as {owner}, give the folder to"
            " yourself (chown -R), or set FASHIONLENS_VAR to another folder."
        )
    return home
