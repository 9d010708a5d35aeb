"""What no file of the repository may hold, and what make promises."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Written in pieces, so that this file does not hold them itself.
MACHINE = r"(?<![\w.])/(?:wo" + r"rk|ro" + r"ot|Users|tmp/te" + r"am)/[\w-]"
REGISTRY = r"(?:py" + r"pi\.org|pythonho" + r"sted\.org|registry\.np" + r"mjs)"


def files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.exists()]


def test_no_file_names_this_machine_or_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files()
        if (text := text_of(path)) is not None
        for match in re.finditer(f"{MACHINE}|{REGISTRY}", text)
    ]
    assert found == []


def text_of(path: Path) -> str | None:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return None


def test_no_file_is_larger_than_30_mb() -> None:
    large = [path.name for path in files() if path.stat().st_size > 30_000_000]
    assert large == []


def test_nothing_made_at_run_time_is_in_the_tree() -> None:
    made = re.compile(r"(^|/)(var|\.venv|__pycache__|node_modules)/|\.pyc$|(^|/)\.env$")
    names = [str(path.relative_to(ROOT)) for path in files()]
    assert [name for name in names if made.search(name)] == []


def make(*arguments: str) -> str:
    if not shutil.which("make"):
        pytest.skip("no make")
    # Not as a part of the `make test` that may be running this.
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", *arguments], cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode()


def test_plain_make_explains_every_target() -> None:
    targets = re.findall(r"(?m)^\.PHONY: (.*)$", (ROOT / "Makefile").read_text())
    explained = set(re.findall(r"(?m)^make ([\w-]+) ", make()))
    assert explained == set(targets) - {"help", "serving", "development"}


def test_demo_installs_the_serving_set_only_and_then_starts_it() -> None:
    install, start = make("-n", "demo").split("\nexec ", 1)
    assert "installed-requirements.txt" in install
    assert "requirements-dev" not in install
    assert start.strip() == "env DEBUG=1 .venv/bin/python manage.py demo"


def test_test_runs_lint_and_types_before_the_tests() -> None:
    steps = make("-n", "test")
    order = ["requirements-dev.txt", "-m ruff", "-m mypy", "-m pytest"]
    places = [steps.index(step) for step in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("said", "status", "closing", "passed"),
    [
        ("== 3 passed, 1 skipped in 2s ==", 0, "== 3 passed, 1 skipped in 2s ==", True),
        ("== 1 failed, 2 passed in 2s ==", 2, "== 1 failed, 2 passed in 2s ==", False),
        ("== no tests ran in 0s ==", 2, "== no tests ran in 0s ==", False),
        ("== 4 skipped in 0s ==", 0, "== 4 skipped in 0s ==", False),
        ("lint: a line is too long", 2, "No tests ran.", False),
    ],
)
def test_the_gate_ends_with_pytests_count(
    said: str, status: int, closing: str, passed: bool, tmp_path: Path
) -> None:
    for name, script in {
        "make": f'echo "make $*"; echo "{said}"; echo "make: done" >&2; exit {status}',
        "chromium": "exit 0",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["bash", str(ROOT / ".ci/run")],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "make test"
    assert lines[-1] == closing
    assert (done.returncode == 0) is passed
