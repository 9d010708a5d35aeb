"""Which account runs the servers: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fashionlens.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    name: str

    @classmethod
    def of(cls, uid: int) -> "Account":
        """Of any user id, named or not."""
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            return cls(uid, uid, f"user {uid}")
        return cls(uid, entry.pw_gid, entry.pw_name)

    def can_walk(self, path: Path) -> bool:
        """Whether every folder down to `path`, and `path` itself, has the x bit."""
        path = path.resolve()
        return all(self._may_enter(step) for step in (path, *path.parents))

    def _may_enter(self, path: Path) -> bool:
        found = path.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)

    def own(self, folder: Path) -> None:
        """Give `folder` and all in it to this account, where it is not yet so."""
        if folder.stat().st_uid == self.uid:
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def server_account(home: Path) -> Account | None:
    """The account to change to, or None to stay who we are.

    As root: whoever owns the data already, else the user behind sudo, else nobody.
    """
    if os.geteuid() != 0:
        return None
    for uid in _candidates(home):
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:  # initdb looks the name up
            continue
        if uid:
            return Account(uid, entry.pw_gid, entry.pw_name)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this system has no user 'nobody' to run"
        " it as. Start FashionLens as an ordinary user, or set DATABASE_URL and"
        " REDIS_URL to servers of your own."
    )


def _candidates(home: Path) -> Iterable[int]:
    if home.exists():
        yield home.stat().st_uid
    if os.environ.get("SUDO_UID", "").isdigit():
        yield int(os.environ["SUDO_UID"])
    try:
        yield pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return
