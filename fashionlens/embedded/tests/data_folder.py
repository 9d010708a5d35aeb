"""Data folders of embedded servers, for tests."""

import tempfile
import time
from pathlib import Path

from fashionlens.embedded import locks
from fashionlens.embedded.lock_holders import find_holders
from fashionlens.embedded.servers import connect


def make_folder(name: str = "var") -> Path:
    """Return a short path that `nobody` can reach, unlike pytest's own folders."""
    top = Path(tempfile.mkdtemp(prefix="fl-case-", dir="/tmp"))
    top.chmod(0o711)
    return top / name


def claim_folder(var: Path) -> locks.Claim:
    claim = locks.claim(var, "test")
    assert claim is not None
    return claim


def add_row_and_count(var: Path) -> int:
    with connect(var) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return row[0]


def all_processes_ended(var: Path) -> bool:
    """Return True once no process of `var` is alive, or False after ten seconds."""
    for _ in range(200):
        if not find_holders(var / "processes.lock"):
            return True
        time.sleep(0.05)
    return False
