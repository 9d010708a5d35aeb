"""Files and addresses of the embedded servers.

Everything is under `var` except the sockets. A socket path may have 107 characters (103
on macOS), so the sockets have a short folder in /tmp that is private to the user.
"""

import hashlib
import os
import stat
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.system_user import SystemUser

DATABASE = "fashionlens"
USER = "fashionlens"
PORT = "5432"  # only names the socket file; nothing listens on TCP
VALKEY_SOCKET = "valkey.sock"
# Root puts here what the user of the servers must be able to reach.
SYSTEM_HOME = Path("/var/lib/fashionlens")


def run_dir(var: Path) -> Path:
    mark = hashlib.sha256(os.fsencode(var.resolve())).hexdigest()[:12]
    return Path(f"/tmp/fl-{os.geteuid()}-{mark}/run")


def database_settings(var: Path) -> dict[str, Any]:
    # Host and port are explicit: otherwise PGHOST and PGPORT would win.
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": str(run_dir(var)),
        "PORT": PORT,
        "NAME": DATABASE,
        "USER": USER,
    }


def database_url(var: Path) -> str:
    return f"postgres://{USER}@{quote(str(run_dir(var)), safe='')}:{PORT}/{DATABASE}"


def broker_url(var: Path, db: int = 0) -> str:
    return f"redis+socket://{run_dir(var)}/{VALKEY_SOCKET}?virtual_host={db}"


def cache_url(var: Path, db: int = 1) -> str:
    return f"unix://{run_dir(var)}/{VALKEY_SOCKET}?db={db}"


def make_run_dir(var: Path, user: SystemUser | None) -> Path:
    """Make the folder of the sockets, mode 0700, owned by the user of the servers."""
    folder = run_dir(var)
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    check_run_dir(var)
    folder.mkdir(mode=0o700, exist_ok=True)
    if user:
        folder.parent.chmod(0o711)  # the other user may only walk through
        os.chown(folder, user.uid, user.gid)
    return folder


def check_run_dir(var: Path) -> None:
    # /tmp is open to all: another user may have made this folder first.
    parent = run_dir(var).parent
    status = parent.lstat()
    writable_by_others = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if (
        not stat.S_ISDIR(status.st_mode)
        or status.st_uid != os.geteuid()
        or writable_by_others
    ):
        raise EmbeddedError(
            f"{parent} is not a private folder of yours, so the servers' sockets"
            " would not be safe there. Delete it, or set FASHIONLENS_VAR to another"
            " folder."
        )


def make_var(var: Path) -> None:
    try:
        (var / "log").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(
            f"Cannot create {var / 'log'}: {error.strerror}."
        ) from error
    for folder in (var, var / "log"):
        if not os.access(folder, os.W_OK | os.X_OK):
            owner = SystemUser.from_uid(folder.stat().st_uid).name
            raise EmbeddedError(
                f"You cannot write to {folder}, which belongs to {owner}. Change its"
                " owner (chown -R) or set FASHIONLENS_VAR to another folder."
            )


def make_server_home(var: Path, user: SystemUser | None) -> Path:
    """Return the folder of the servers' data, `var`/servers; make it if needed.

    If the user cannot reach `var` (root works below a folder of mode 0700), put the
    data under /var/lib/fashionlens and link `var`/servers to it.
    """
    home = var / "servers"
    if home.is_symlink() and not home.exists():
        raise EmbeddedError(
            f"{home} links to {home.readlink()}, which does not exist. Delete the link"
            " to start with an empty database."
        )
    if not home.exists():
        if user and not user.can_reach(var):
            name = f"{run_dir(var).parent.name}-{os.urandom(4).hex()}"
            target = SYSTEM_HOME / name
            target.mkdir(parents=True, mode=0o755)
            home.symlink_to(target)
        home.mkdir(exist_ok=True)
        home.chmod(0o700)
    home = home.resolve()
    if user:
        user.own(home)
    elif home.stat().st_uid != os.geteuid():
        owner = SystemUser.from_uid(home.stat().st_uid).name
        raise EmbeddedError(
            f"{home} belongs to {owner}. Run this as {owner}, change its owner"
            " (chown -R), or set FASHIONLENS_VAR to another folder."
        )
    return home
