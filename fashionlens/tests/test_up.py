"""`manage.py up` as a process of its own, with real servers."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from fashionlens.celery import app
from fashionlens.embedded import EmbeddedError
from fashionlens.embedded.lock_holders import find_holders
from fashionlens.embedded.session import claim_exclusively
from fashionlens.embedded.tests.data_folder import all_processes_ended, make_folder
from fashionlens.stack import check_port, restore_unacknowledged

BASE = Path(__file__).resolve().parents[2]
SETTINGS_VARIABLES = (
    "DATABASE_URL",
    "REDIS_URL",
    "CACHE_URL",
    "MEDIA_ROOT",
    "CELERY_QUEUE",
)
COUNT = """
from catalog.models import Product
print(Product.objects.count(), "products")
"""


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    folder = make_folder("it's a var")
    yield folder
    shutil.rmtree(folder.parent)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def manage(var: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in SETTINGS_VARIABLES
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE,
        env=env | {"DEBUG": "1", "FASHIONLENS_VAR": str(var)} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def up(var: Path, port: int) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Return a function that starts `manage.py up` and waits until it serves."""
    started = []

    def start() -> subprocess.Popen[str]:
        stack = manage(var, "up", "--quiet", "--port", str(port))
        started.append(stack)
        assert stack.stdout
        line = stack.stdout.readline()
        assert f"http://127.0.0.1:{port}/" in line, line + stack.stdout.read()
        return stack

    yield start
    for stack in started:
        stack.kill()
        stack.communicate()
    assert all_processes_ended(var)


def failure_output(command: subprocess.Popen[str]) -> str:
    text, _ = command.communicate(timeout=120)
    assert command.returncode == 1, text
    return text


def pid_of(var: Path, *words: str) -> int:
    """Return the first process of `var` with all of these arguments."""
    for _ in range(400):
        for pid in sorted(find_holders(var / "processes.lock")):
            with suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_text()
                arguments = re.split("[\0 ]", command)
                if set(words) <= {*arguments, Path(arguments[0]).name}:
                    return pid
        time.sleep(0.05)
    raise AssertionError(f"no process runs {words}")


def test_up_serves_refuses_a_second_up_shares_servers_and_stops_on_ctrl_c(
    var, port, up
):
    stack = up()
    long_query = "&".join([f"sku={'x' * 64}"] * 100)
    for path in ("healthz", f"api/v1/products/?{long_query}"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
            assert answer.status == 200
    with pytest.raises(EmbeddedError, match=rf"\(pid {stack.pid}\)"):
        claim_exclusively(var, "up")
    joined = manage(var, "shell", "--no-imports", "-c", COUNT)
    text, _ = joined.communicate(timeout=120)
    assert text == "0 products\n"
    stack.send_signal(signal.SIGINT)
    assert stack.wait(90) == 0
    assert not find_holders(var / "processes.lock")


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")
def test_up_starts_after_a_killed_launcher_and_restarts_what_is_killed(var, port, up):
    killed = up()
    killed.kill()
    killed.wait()
    stack = up()
    processes = {
        "worker": ("celery", "worker@%h"),
        "upkeep": ("celery", "upkeep@%h"),
        "beat": ("celery", "beat"),
        "web": ("gunicorn", f"127.0.0.1:{port}"),
        "valkey": ("valkey-server",),
        "postgres": ("postgres", "-D"),
    }
    pids = {name: pid_of(var, *words) for name, words in processes.items()}
    for pid in pids.values():
        os.kill(pid, signal.SIGKILL)
    give_up = threading.Timer(60, stack.kill)
    give_up.start()
    said = "".join(stack.stdout.readline() for _ in pids)
    give_up.cancel()
    assert all(name in said for name in pids), said
    wait_until_ready(port)
    again = {name: pid_of(var, *words) for name, words in processes.items()}
    assert all(again[name] != pid for name, pid in pids.items())
    stack.send_signal(signal.SIGINT)
    assert stack.wait(90) == 0
    assert not find_holders(var / "processes.lock")


def wait_until_ready(port: int) -> None:
    """Wait until database, broker, cache and encoder work."""
    for _ in range(600):
        with (
            suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10),
        ):
            return
        time.sleep(0.1)
    raise AssertionError("the shop is not ready again")


def test_a_port_in_use_is_reported_with_the_variable_that_changes_it(var):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = failure_output(manage(var, "up", FASHIONLENS_PORT=str(port)))
    assert f"Port {port} cannot be used" in text
    assert f"FASHIONLENS_PORT={port + 1}" in text
    check_port(port)


def test_help_and_refused_settings_start_no_servers(tmp_path):
    shown, _ = manage(tmp_path / "var", "up", "--help").communicate(timeout=120)
    assert "--port" in shown
    assert not (tmp_path / "var" / "log").exists()
    text = failure_output(manage(tmp_path / "var", "migrate", DEBUG="0"))
    assert "DATABASE_URL" in text
    assert "Traceback" not in text


def test_messages_of_a_killed_worker_are_delivered_again():
    broker = app.connection_for_write().clone(virtual_host="15")
    killed = broker.default_channel
    killed.do_restore = False  # an orderly close would restore
    queue = f"restore-{time.monotonic_ns()}"
    killed.queue_declare(queue)
    with broker.Producer() as producer:
        producer.publish("photo 7", routing_key=queue)
    assert killed.basic_get(queue).payload == "photo 7"
    assert killed.basic_get(queue) is None
    with app.connection_for_write().clone(virtual_host="15") as next_start:
        restore_unacknowledged(next_start)
        message = next_start.default_channel.basic_get(queue)
        assert message.payload == "photo 7"
        message.ack()
