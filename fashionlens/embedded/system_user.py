"""The system user that runs the servers: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fashionlens.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class SystemUser:
    uid: int
    gid: int
    name: str

    @classmethod
    def from_uid(cls, uid: int) -> "SystemUser":
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            return cls(uid, uid, f"user {uid}")
        return cls(uid, entry.pw_gid, entry.pw_name)

    def can_reach(self, path: Path) -> bool:
        path = path.resolve()
        return all(self._may_enter(step) for step in (path, *path.parents))

    def _may_enter(self, path: Path) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)

    def own(self, folder: Path) -> None:
        if folder.stat().st_uid == self.uid:
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def server_user(home: Path) -> SystemUser | None:
    """Return the user to run the servers as, or None to keep the current one.

    Root chooses the owner of the data, else the user behind sudo, else nobody.
    """
    if os.geteuid() != 0:
        return None
    for uid in _candidates(home):
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:  # initdb looks the name up
            continue
        if uid:
            return SystemUser(uid, entry.pw_gid, entry.pw_name)
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
