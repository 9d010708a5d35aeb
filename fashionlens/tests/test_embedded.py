"""The embedded servers; test_up.py tests `manage.py up`."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from kombu import Connection

from fashionlens import embedded
from fashionlens.embedded import binaries, locks, paths
from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.lock_holders import find_holders
from fashionlens.embedded.servers import Servers, connect, servers_answer
from fashionlens.embedded.session import use_servers
from fashionlens.postgres.address import read_database

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="tests a start by root")
BASE = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from pathlib import Path
from fashionlens.embedded import use_servers
with use_servers(Path(sys.argv[1]), "shell"):
    print("ready", flush=True)
    sys.stdin.readline()
"""


def make_folder(name: str = "var") -> Path:
    """Return a short path that `nobody` can reach, unlike pytest's own folders."""
    top = Path(tempfile.mkdtemp(prefix="fl-case-", dir="/tmp"))
    top.chmod(0o711)
    return top / name


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """One data folder for most tests, since initdb takes most of a start."""
    folder = make_folder('it\'s a "var" ' + "x" * 150)
    yield folder
    shutil.rmtree(folder.parent)


@pytest.fixture
def empty() -> Iterator[Path]:
    folder = make_folder()
    yield folder
    shutil.rmtree(folder.parent)
    shutil.rmtree(paths.run_dir(folder).parent, ignore_errors=True)


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


def test_a_run_folder_open_to_others_is_refused(empty):
    paths.make_var(empty)
    parent = paths.run_dir(empty).parent
    parent.mkdir(mode=0o700)
    parent.chmod(0o777)
    with pytest.raises(EmbeddedError, match="private folder"):
        paths.make_run_dir(empty, None)


@needs_root
def test_a_run_folder_of_another_user_is_refused(empty):
    parent = paths.run_dir(empty).parent
    parent.mkdir(mode=0o700)
    os.chown(parent, 12345, 12345)
    with (
        pytest.raises(EmbeddedError, match="private folder"),
        use_servers(empty),
    ):
        pass
    assert all_processes_ended(empty)


@needs_root
def test_root_below_a_private_folder_keeps_data_and_binaries_elsewhere(
    empty, monkeypatch
):
    elsewhere = empty.parent / "lib"
    monkeypatch.setattr(paths, "SYSTEM_HOME", elsewhere)
    monkeypatch.setattr(binaries, "SYSTEM_HOME", elsewhere)
    monkeypatch.setattr(binaries, "_package", private_packages(empty))
    empty.mkdir(mode=0o700)
    with use_servers(empty):
        assert add_row_and_count(empty) == 1
    assert (empty / "servers").readlink().parent == elsewhere
    with use_servers(empty):
        assert add_row_and_count(empty) == 2
    shutil.rmtree((empty / "servers").readlink())
    with pytest.raises(EmbeddedError, match="Delete the link"), use_servers(empty):
        pass


def private_packages(folder: Path):
    """Return a `_package` that finds the packages as if installed in `folder`."""
    find = binaries._package

    def linked(name: str) -> Path:
        real = find(name)
        site = folder / "site"
        for part in (real, real.with_name(f"{name}.libs")):
            if part.exists() and not (site / part.name).exists():
                shutil.copytree(part, site / part.name)
        return site / name

    return linked


def test_the_error_names_a_folder_that_cannot_be_created(empty):
    empty.parent.joinpath("file").write_text("")
    with (
        pytest.raises(EmbeddedError, match=r"/file/var/log"),
        use_servers(empty.parent / "file" / "var"),
    ):
        pass


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


def test_a_configured_binary_that_is_missing_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBED_PG_BIN", str(tmp_path))
    with pytest.raises(EmbeddedError, match="EMBED_PG_BIN"):
        binaries.find_binaries(tmp_path, None)


@pytest.mark.parametrize(
    ("machine", "cpuinfo", "runs"),
    [
        ("x86_64", "flags\t\t: fpu sse4_2 avx2 fma bmi2", True),
        ("x86_64", "flags\t\t: fpu sse4_2", False),
        ("aarch64", "Features\t: fp asimd sve", True),
        ("aarch64", "Features\t: fp asimd atomics", False),
    ],
)
def test_the_wheel_is_used_on_cpus_that_run_its_pgvector(
    tmp_path, machine, cpuinfo, runs
):
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\n{cpuinfo}\n")
    assert binaries.cpu_runs_wheel("linux", machine, path) is runs
    assert binaries.cpu_runs_wheel("darwin", machine, path)


def test_database_url_and_settings_agree(empty):
    url = read_database(embedded.database_url(empty))
    wanted = embedded.database_settings(empty)
    assert {k: str(url[k]) for k in wanted if k != "ENGINE"} == {
        k: v for k, v in wanted.items() if k != "ENGINE"
    }


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
