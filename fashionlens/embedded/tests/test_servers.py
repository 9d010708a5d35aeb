"""The embedded servers; test_up.py tests `manage.py up`."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from kombu import Connection

from fashionlens import embedded
from fashionlens.embedded import locks, paths
from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.servers import Servers, servers_answer
from fashionlens.embedded.session import use_servers
from fashionlens.embedded.tests.data_folder import (
    add_row_and_count,
    all_processes_ended,
    claim_folder,
)

BASE = Path(__file__).resolve().parents[3]
HOLD = """
import sys, time
from pathlib import Path
from fashionlens.embedded import use_servers
with use_servers(Path(sys.argv[1]), "shell"):
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def unrelated_process() -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def hold(var: Path) -> subprocess.Popen[str]:
    """Start a command that uses the servers of `var` until its stdin is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, var],
        cwd=BASE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_rows_survive_a_restart_with_any_path_locale_and_libpq_variables(
    var, monkeypatch
):
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("LC_ALL", "xx_XX")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    with use_servers(var):
        first = add_row_and_count(var)
    assert not servers_answer(var)
    with use_servers(var):
        assert add_row_and_count(var) == first + 1
    assert all_processes_ended(var)
    assert not paths.run_dir(var).parent.exists()


def test_a_second_command_joins_and_the_first_waits_for_it(var):
    first = hold(var)
    with use_servers(var):
        assert first.stdin and first.stdout
        first.stdin.close()
        assert first.stdout.readline().startswith("Waiting for")
        assert servers_answer(var)
        assert first.poll() is None
    assert first.wait(60) == 0
    assert not servers_answer(var)


def test_servers_of_a_killed_launcher_are_replaced_without_data_loss(var):
    with use_servers(var):
        before = add_row_and_count(var)
    first = hold(var)
    add_row_and_count(var)
    first.kill()
    first.wait()
    with use_servers(var):
        assert add_row_and_count(var) == before + 2


def test_a_killed_postmaster_is_reported_and_loses_no_data(var):
    claim = claim_folder(var)
    servers = Servers(var, claim.fd)
    servers.start()
    before = add_row_and_count(var)
    pid = int((var / "servers/postgres/postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(EmbeddedError, match=r"postgres server .*postgres.log"):
        for _ in range(100):
            servers.check()
            time.sleep(0.05)
    servers.stop()
    claim.release()
    with use_servers(var):
        assert add_row_and_count(var) == before + 1


def test_a_stale_pid_file_does_not_harm_an_unrelated_process(var, unrelated_process):
    with use_servers(var):
        before = add_row_and_count(var)
    stale = f"{unrelated_process.pid}\n{var}/servers/postgres\n0\n5432\n/nowhere\n\n\n"
    (var / "servers/postgres/postmaster.pid").write_text(stale)
    with use_servers(var):
        assert add_row_and_count(var) == before + 1
    assert unrelated_process.poll() is None


def test_orphan_processes_are_stopped_without_a_death_signal(
    empty, unrelated_process, monkeypatch
):
    """As on macOS, where the kernel sends no signal when the parent dies."""
    monkeypatch.setattr(locks, "GRACE_S", 0.0)
    first = claim_folder(empty)
    orphan = subprocess.Popen(["sleep", "60"], pass_fds=[first.fd])
    first._processes.close()  # as by kill -9: nothing is released in order
    first._launcher.close()
    second = claim_folder(empty)
    assert orphan.wait(5) == -signal.SIGKILL
    assert unrelated_process.poll() is None
    second.release()


def test_joining_the_servers_of_another_user_is_refused(empty):
    claim = claim_folder(empty)
    other = '{"pid": 4711, "uid": 12345, "command": "up"}'
    (empty / "launcher.lock").write_text(other)
    with (
        pytest.raises(
            EmbeddedError, match=r"user 12345 with manage.py up \(pid 4711\)"
        ),
        use_servers(empty),
    ):
        pass
    claim.release()


def test_a_failed_start_shows_the_log_and_releases_the_locks(empty, monkeypatch):
    monkeypatch.setenv("EMBED_VALKEY_BIN", "/bin/false")
    with (
        pytest.raises(EmbeddedError, match=r"valkey server .*valkey.log"),
        use_servers(empty),
    ):
        pass
    monkeypatch.delenv("EMBED_VALKEY_BIN")
    assert all_processes_ended(empty)
    claim_folder(empty).release()


def test_broker_and_cache_use_separate_databases(var):
    cache = redis.Redis.from_url(embedded.cache_url(var, 1))
    with use_servers(var), Connection(embedded.broker_url(var, 3)) as broker:
        broker.default_channel.client.set("queue", 1)
        assert cache.get("queue") is None
        assert redis.Redis.from_url(embedded.cache_url(var, 3)).get("queue") == b"1"
        cache.close()


def test_a_deleted_data_folder_is_reported(empty):
    claim = claim_folder(empty)
    servers = Servers(empty, claim.fd)
    servers.start()
    shutil.rmtree(empty)
    with pytest.raises(EmbeddedError, match="was deleted"):
        servers.check()
    servers.stop()
    assert paths.run_dir(empty).exists()  # a new start may have made it its own
    claim.release()
