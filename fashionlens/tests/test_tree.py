"""Files of the repository, the Makefile and the CI script."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Split, so that this file does not match.
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


def test_no_file_contains_paths_of_a_machine_or_registry_urls() -> None:
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


def test_no_run_time_files_are_committed() -> None:
    pattern = re.compile(
        r"(^|/)(var|\.venv|__pycache__|node_modules)/|\.pyc$|(^|/)\.env$"
    )
    names = [str(path.relative_to(ROOT)) for path in files()]
    assert [name for name in names if pattern.search(name)] == []


def make(*arguments: str) -> str:
    if not shutil.which("make"):
        pytest.skip("no make")
    # This test may run under `make test`, whose variables would be inherited.
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", *arguments], cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode()


def test_make_help_describes_every_target() -> None:
    targets = re.findall(r"(?m)^\.PHONY: (.*)$", (ROOT / "Makefile").read_text())
    described = set(re.findall(r"(?m)^make ([\w-]+) ", make()))
    assert described == set(targets) - {"help", "serving", "development"}


def test_make_demo_installs_the_serving_requirements_only() -> None:
    install, start = make("-n", "demo").split("\nexec ", 1)
    assert "installed-requirements.txt" in install
    assert "requirements-dev" not in install
    assert start.strip() == "env DEBUG=1 .venv/bin/python manage.py demo"


def test_make_test_runs_lint_and_types_before_the_tests() -> None:
    steps = make("-n", "test")
    order = ["requirements-dev.txt", "-m ruff", "-m mypy", "-m pytest"]
    places = [steps.index(step) for step in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("output", "status", "summary", "passed"),
    [
        ("== 3 passed, 1 skipped in 2s ==", 0, "== 3 passed, 1 skipped in 2s ==", True),
        ("== 1 failed, 2 passed in 2s ==", 2, "== 1 failed, 2 passed in 2s ==", False),
        ("== no tests ran in 0s ==", 2, "== no tests ran in 0s ==", False),
        ("== 4 skipped in 0s ==", 0, "== 4 skipped in 0s ==", False),
        ("lint: a line is too long", 2, "No tests ran.", False),
    ],
)
def test_the_ci_script_ends_with_the_summary_of_pytest(
    output: str, status: int, summary: str, passed: bool, tmp_path: Path
) -> None:
    for name, script in {
        "make": f'echo "make $*"; echo "{output}"; echo make: done >&2; exit {status}',
        "chromium": "exit 0",
        "npm": "exit 0",
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
    assert lines[-1] == summary
    assert (done.returncode == 0) is passed
