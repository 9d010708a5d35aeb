"""The embedded servers themselves; `manage.py up` is in test_up.py."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import environ
import pytest
import redis
from kombu import Connection

from fashionlens import embedded
from fashionlens.embedded import locks, orphans, places, programs
from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.servers import Servers, answer, connect
from fashionlens.embedded.sharing import running

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about starting as root")
BASE = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from pathlib import Path
from fashionlens.embedded import running
with running(Path(sys.argv[1]), "shell"):
    print("ready", flush=True)
    sys.stdin.readline()
"""


def make_folder(name: str = "var") -> Path:
    """Short, and open to walk through: pytest's own folders are closed to `nobody`."""
    top = Path(tempfile.mkdtemp(prefix="fl-case-", dir="/tmp"))
    top.chmod(0o711)
    return top / name


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """One data folder for most of the tests: making one takes most of a start."""
    folder = make_folder('it\'s a "var" ' + "x" * 150)
    yield folder
    shutil.rmtree(folder.parent)


@pytest.fixture
def empty() -> Iterator[Path]:
    folder = make_folder()
    yield folder
    shutil.rmtree(folder.parent)
    shutil.rmtree(places.run_dir(folder).parent, ignore_errors=True)


@pytest.fixture
def innocent() -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def hold(var: Path) -> subprocess.Popen[str]:
    """Another command that has the servers of `var`, until its stdin is closed."""
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


def make_mine(var: Path) -> locks.Claim:
    mine = locks.claim(var, "test")
    assert mine is not None
    return mine


def count(var: Path) -> int:
    with connect(var) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return row[0]


def everyone_left(var: Path) -> bool:
    """True as soon as no process of `var` is alive, False after ten seconds."""
    for _ in range(200):
        if not orphans.holders(var / "processes.lock"):
            return True
        time.sleep(0.05)
    return False


def test_it_keeps_rows_whatever_the_path_locale_and_libpq_variables(var, monkeypatch):
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("LC_ALL", "xx_XX")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    with running(var):
        first = count(var)
    assert not answer(var)
    with running(var):
        assert count(var) == first + 1
    assert everyone_left(var)
    assert not places.run_dir(var).parent.exists()


def test_a_second_command_joins_and_the_first_waits_for_it(var):
    first = hold(var)
    with running(var):
        assert first.stdin and first.stdout
        first.stdin.close()
        assert first.stdout.readline().startswith("Waiting for the commands")
        assert answer(var)
        assert first.poll() is None
    assert first.wait(60) == 0
    assert not answer(var)


def test_a_killed_starter_leaves_nothing_and_loses_nothing(var):
    with running(var):
        before = count(var)
    first = hold(var)
    count(var)
    first.kill()
    first.wait()
    with running(var):
        assert count(var) == before + 2


def test_a_killed_postmaster_is_noticed_and_loses_nothing(var):
    mine = make_mine(var)
    servers = Servers(var, mine.fd)
    servers.start()
    before = count(var)
    pid = int((var / "servers/postgres/postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(EmbeddedError, match=r"postgres server stopped .*postgres.log"):
        for _ in range(100):
            servers.check()
            time.sleep(0.05)
    servers.stop()
    mine.release()
    with running(var):
        assert count(var) == before + 1


def test_a_stale_pid_file_does_not_harm_who_has_the_number_now(var, innocent):
    with running(var):
        before = count(var)
    stale = f"{innocent.pid}\n{var}/servers/postgres\n0\n5432\n/nowhere\n\n\n"
    (var / "servers/postgres/postmaster.pid").write_text(stale)
    with running(var):
        assert count(var) == before + 1
    assert innocent.poll() is None


def test_orphans_that_nobody_told_to_stop_are_stopped(empty, innocent, monkeypatch):
    """As on macOS, where children do not hear of their parent's death."""
    monkeypatch.setattr(locks, "GRACE_S", 0.0)
    first = make_mine(empty)
    orphan = subprocess.Popen(["sleep", "60"], pass_fds=[first.fd])
    first._processes.close()  # as by kill -9: nothing is released in order
    first._launcher.close()
    second = make_mine(empty)
    assert orphan.wait(5) == -signal.SIGKILL
    assert innocent.poll() is None
    second.release()


def test_servers_of_another_user_are_named(empty):
    mine = make_mine(empty)
    other = '{"pid": 4711, "uid": 12345, "command": "up"}'
    (empty / "launcher.lock").write_text(other)
    with (
        pytest.raises(
            EmbeddedError, match=r"user 12345 with manage.py up \(pid 4711\)"
        ),
        running(empty),
    ):
        pass
    mine.release()


def test_a_run_folder_open_to_others_is_refused(empty):
    places.make_var(empty)
    parent = places.run_dir(empty).parent
    parent.mkdir(mode=0o700)
    parent.chmod(0o777)
    with pytest.raises(EmbeddedError, match="not a private folder of yours"):
        places.make_run_dir(empty, None)


@as_root
def test_a_run_folder_of_somebody_else_is_refused(empty):
    parent = places.run_dir(empty).parent
    parent.mkdir(mode=0o700)
    os.chown(parent, 12345, 12345)
    with (
        pytest.raises(EmbeddedError, match="not a private folder of yours"),
        running(empty),
    ):
        pass
    assert everyone_left(empty)


@as_root
def test_root_in_a_closed_folder_keeps_data_and_programs_elsewhere(empty, monkeypatch):
    elsewhere = empty.parent / "lib"
    monkeypatch.setattr(places, "SYSTEM_HOME", elsewhere)
    monkeypatch.setattr(programs, "SYSTEM_HOME", elsewhere)
    monkeypatch.setattr(programs, "_package", closed_packages(empty))
    empty.mkdir(mode=0o700)
    with running(empty):
        assert count(empty) == 1
    assert (empty / "servers").readlink().parent == elsewhere
    with running(empty):
        assert count(empty) == 2
    shutil.rmtree((empty / "servers").readlink())
    with pytest.raises(EmbeddedError, match="Delete the link"), running(empty):
        pass


def closed_packages(folder: Path):
    """The packages, as if they were installed below `folder`."""
    find = programs._package

    def linked(name: str) -> Path:
        real = find(name)
        site = folder / "site"
        for part in (real, real.with_name(f"{name}.libs")):
            if part.exists() and not (site / part.name).exists():
                shutil.copytree(part, site / part.name)
        return site / name

    return linked


def test_a_folder_that_cannot_be_written_is_an_error_with_its_name(empty):
    empty.parent.joinpath("file").write_text("")
    with (
        pytest.raises(EmbeddedError, match=r"Cannot make .*/file/var/log"),
        running(empty.parent / "file" / "var"),
    ):
        pass


def test_a_failing_start_shows_the_log_and_frees_the_locks(empty, monkeypatch):
    monkeypatch.setenv("EMBED_VALKEY_BIN", "/bin/false")
    with (
        pytest.raises(EmbeddedError, match=r"valkey server stopped .*valkey.log"),
        running(empty),
    ):
        pass
    monkeypatch.delenv("EMBED_VALKEY_BIN")
    assert everyone_left(empty)
    make_mine(empty).release()


def test_a_chosen_program_that_is_none_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBED_PG_BIN", str(tmp_path))
    with pytest.raises(EmbeddedError, match="EMBED_PG_BIN"):
        programs.find_programs(tmp_path, None)


@pytest.mark.parametrize(
    ("machine", "cpuinfo", "runs"),
    [
        ("x86_64", "flags\t\t: fpu sse4_2 avx2 fma bmi2", True),
        ("x86_64", "flags\t\t: fpu sse4_2", False),
        ("aarch64", "Features\t: fp asimd sve", True),
        ("aarch64", "Features\t: fp asimd atomics", False),
    ],
)
def test_the_wheel_is_used_where_its_pgvector_runs(tmp_path, machine, cpuinfo, runs):
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\n{cpuinfo}\n")
    assert programs.cpu_runs_wheel("linux", machine, path) is runs
    assert programs.cpu_runs_wheel("darwin", machine, path)


def test_addresses_are_understood_by_their_readers(empty):
    url = environ.Env.db_url_config(embedded.database_url(empty))
    wanted = embedded.database_settings(empty)
    assert {k: str(url[k]) for k in wanted if k != "ENGINE"} == {
        k: v for k, v in wanted.items() if k != "ENGINE"
    }


def test_the_broker_and_the_cache_are_two_databases(var):
    cache = redis.Redis.from_url(embedded.cache_url(var, 1))
    with running(var), Connection(embedded.broker_url(var, 3)) as broker:
        broker.default_channel.client.set("queue", 1)
        assert cache.get("queue") is None
        assert redis.Redis.from_url(embedded.cache_url(var, 3)).get("queue") == b"1"
        cache.close()


def test_a_folder_deleted_under_the_servers_is_noticed(empty):
    mine = make_mine(empty)
    servers = Servers(empty, mine.fd)
    servers.start()
    shutil.rmtree(empty)
    with pytest.raises(EmbeddedError, match="was deleted"):
        servers.check()
    servers.stop()
    assert places.run_dir(empty).exists()  # a new start may have made it its own
    mine.release()
