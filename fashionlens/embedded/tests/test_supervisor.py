import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fashionlens.embedded import supervisor
from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.supervisor import Supervised


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.0)


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / "web.log"


def runs(script: str, log: Path) -> Supervised:
    def spawn() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                ["sh", "-c", script], stdout=output, start_new_session=True
            )

    return Supervised("web process", log, spawn)


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def restarts(child: Supervised, said: list[str]) -> Callable[[], bool]:
    first = child.process

    def check() -> bool:
        child.restart_if_stopped(said.append)
        return child.process is not first

    return check


def test_a_process_that_stops_is_started_again_and_that_is_said(log):
    child, said = runs("exec sleep 60", log), []
    child.restart_if_stopped(said.append)
    assert said == []
    child.process.kill()
    wait_for(restarts(child, said))
    child.check()
    assert len(said) == 1
    assert "web process" in said[0] and "status -9" in said[0] and str(log) in said[0]
    child.process.kill()
    child.process.wait()


def test_what_a_stopped_process_left_running_ends_before_the_restart(log, tmp_path):
    child = runs(
        "sleep 60 & echo $! >pid; wait".replace("pid", f"'{tmp_path}/pid'"), log
    )
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    orphan = Path("/proc", (tmp_path / "pid").read_text().strip(), "cmdline")
    child.process.kill()
    wait_for(restarts(child, []))
    wait_for(lambda: not orphan.exists() or not orphan.read_bytes())
    child.process.kill()
    child.process.wait()


def test_a_process_that_keeps_stopping_at_once_is_an_error_with_its_log(log):
    child, said = runs("echo no such setting; exit 3", log), []
    with pytest.raises(EmbeddedError, match=r"5 times.*status 3(.|\n)*no such setting"):
        wait_for(lambda: child.restart_if_stopped(said.append))
    assert len(said) == 4
    assert log.read_text().count("no such setting") == 5


def test_stops_after_a_long_life_are_not_counted(log, monkeypatch):
    monkeypatch.setattr(supervisor, "MIN_LIFE_S", 0.0)
    child, said = runs("exit 3", log), []

    def stopped_often() -> bool:
        child.restart_if_stopped(said.append)
        return len(said) > 2 * supervisor.MAX_EARLY_STOPS

    wait_for(stopped_often)
    child.process.wait()
