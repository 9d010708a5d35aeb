import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fashionlens import embedded
from fashionlens.embedded.tests.data_folder import all_processes_ended
from fashionlens.tests.test_up import SETTINGS_VARIABLES

BASE = Path(__file__).resolve().parents[2]
PRINT_VARIABLES = """
import os
import time

def test_print():
    print(os.environ["FASHIONLENS_VAR"], os.environ["DATABASE_URL"], flush=True)
    time.sleep({seconds})
"""


def start_pytest(
    folder: Path, *, seconds: int = 0, **environment: str
) -> tuple[subprocess.Popen[str], list[str]]:
    """Start a test run; return it and the variables that its only test prints."""
    test = folder / "test_print.py"
    test.write_text(PRINT_VARIABLES.format(seconds=seconds))
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in SETTINGS_VARIABLES
    }
    env.pop("PYTEST_XDIST_WORKER", None)
    config = ["-c", str(BASE / "pyproject.toml"), "-s", "-q", "-p", "no:cacheprovider"]
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", *config, str(test)],
        env=env | {"PYTHONPATH": str(BASE)} | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout
    return run, run.stdout.readline().split()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_leaves_no_server(tmp_path, how):
    run, printed = start_pytest(tmp_path, seconds=60)
    var = Path(printed[0])
    assert printed[1] == embedded.database_url(var)
    run.send_signal(how)
    run.communicate(timeout=120)
    assert all_processes_ended(var)
    assert var.exists() is (how == signal.SIGKILL)  # swept by a later run
    shutil.rmtree(var, ignore_errors=True)
    shutil.rmtree(embedded.run_dir(var).parent, ignore_errors=True)


def test_servers_named_in_the_environment_are_used(tmp_path):
    given = {"DATABASE_URL": "postgres://given/db", "REDIS_URL": "redis://given"}
    run, printed = start_pytest(tmp_path, **given)
    assert printed[1] == given["DATABASE_URL"]
    text, _ = run.communicate(timeout=120)
    assert run.returncode == 0, text
    assert not Path(printed[0]).exists()
