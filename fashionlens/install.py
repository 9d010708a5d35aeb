"""Create .venv and install pinned requirements into it; standard library only.

    python3.12 fashionlens/install.py requirements.txt

The Makefile runs this before anything is installed. It may be killed at any time: the
next run repairs or recreates what is incomplete.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"
SERVING, DEVELOPMENT = Path("requirements.txt"), Path("requirements-dev.txt")
# The lock files are complete, so pip need not resolve anything.
PIP = [str(PYTHON), "-m", "pip", "install", "--no-deps", "--no-input"]
PIP += ["--no-user", "--disable-pip-version-check", "--no-warn-script-location"]

IGNORED_WORDS = {
    "Downloading",
    "Ignoring",
    "Looking",
    "Requirement",
    "Successfully",
    "Using",
}


class InstallError(Exception):
    pass


def main() -> None:
    parser = argparse.ArgumentParser(description="Install the pinned requirements.")
    parser.add_argument("requirements", type=Path)
    requirements = parser.parse_args().requirements
    with Path(__file__).open() as lock:
        # A second make waits for the first and its child processes.
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.set_inheritable(lock.fileno(), True)
        if is_installed(requirements):
            return
        if not is_usable():
            make_venv()
        install(requirements)


def is_installed(requirements: Path) -> bool:
    done = stamp(requirements)
    return done.exists() and done.read_bytes() == requirements.read_bytes()


def stamp(requirements: Path) -> Path:
    return VENV / f"installed-{requirements.name}"


def is_usable() -> bool:
    if (VENV / "unfinished").exists() or not PYTHON.exists():
        return False
    code = "import sys, pip; print(sys.version_info >= (3, 11))"
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True)
    return done.stdout.strip() == "True"


def make_venv() -> None:
    # If .venv is active, sys.executable is in the folder deleted below.
    python = getattr(sys, "_base_executable", None) or sys.executable
    print(f"Creating .venv with Python {sys.version.split()[0]}", flush=True)
    if VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    (VENV / "unfinished").touch()
    made = subprocess.run([python, "-m", "venv", VENV], close_fds=False)
    if made.returncode:
        raise InstallError(
            f"{python} could not create a virtual environment. On Debian and Ubuntu,"
            " install the package python3-venv."
        )
    (VENV / "unfinished").unlink()


def install(requirements: Path) -> None:
    drop_broken(next(VENV.glob("lib/python*/site-packages")))
    stamp(SERVING).unlink(missing_ok=True)
    stamp(DEVELOPMENT).unlink(missing_ok=True)
    start = time.monotonic()
    run_pip([*PIP, "-r", str(requirements)], f"Installing {requirements}")
    # The development set contains the serving set, in the same versions.
    for done in {requirements, SERVING}:
        shutil.copyfile(done, stamp(done))
    print(f"Installed {requirements} in {time.monotonic() - start:.0f} s", flush=True)


def drop_broken(site_packages: Path) -> None:
    """Remove the packages that an interrupted run installed incompletely.

    pip regards a package as installed once it sees its metadata, but it writes the list
    of files, INSTALLER among them, last.
    """
    for leftover in site_packages.glob("~*"):
        shutil.rmtree(leftover, ignore_errors=True)
    for info in site_packages.glob("*.dist-info"):
        if not is_whole(info):
            shutil.rmtree(info)


def is_whole(info: Path) -> bool:
    record = info / "RECORD"
    if not record.exists():
        return False
    # No file name of a wheel starts with a quote unless it holds a comma.
    names = [line.rsplit(",", 2)[0].strip('"') for line in record.open()]
    return f"{info.name}/INSTALLER" in names and all(
        name.endswith(".pyc") or (info.parent / name).exists() for name in names
    )


def run_pip(command: list[str], title: str) -> None:
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        close_fds=False,  # child processes inherit the lock
    ) as pip:
        assert pip.stdout
        with Progress(title) as progress:
            other_lines = follow(pip.stdout, progress)
    if pip.returncode:
        raise InstallError(
            "\n".join(other_lines[-60:])
            + f"\npip could not finish (status {pip.returncode}). Run the same command"
            " again to continue."
        )


def follow(lines: Iterable[str], progress: "Progress") -> list[str]:
    """Show the progress in pip's output; return the lines that are not progress."""
    other_lines = []
    for line in lines:
        word, _, rest = line.strip().partition(" ")
        if word in ("Collecting", "Processing"):
            progress.count += 1
            progress.show(f"looking up {rest.split()[0]}")
        elif word == "Downloading" and ".metadata" not in rest:
            progress.show(f"downloading {rest}")
        elif word == "Building":
            progress.show(f"building {rest}")
        elif word == "Installing":
            progress.show("unpacking")
        elif word not in IGNORED_WORDS:
            other_lines.append(line.rstrip())
            if word == "WARNING:" and rest.startswith("Retrying"):
                progress.say(other_lines[-1])
    return other_lines


class Progress:
    """One line of progress, rewritten every second.

    Without a terminal, print one line at the start and one for each large download.
    """

    def __init__(self, title: str):
        self.title, self.count, self._now = title, 0, "starting"
        self._live = sys.stdout.isatty()
        self._start, self._over = time.monotonic(), threading.Event()
        self._lock = threading.Lock()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "Progress":
        if self._live:
            self._ticker.start()
        else:
            print(self.title, flush=True)
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        if self._live:
            self._ticker.join()
            self._write("\r\033[K")

    def show(self, now: str) -> None:
        self._now = now
        if self._live:
            self._draw()
        elif now.endswith("MB)") and float(now.split("(")[1].split()[0]) > 20:
            print(f"  {now}", flush=True)

    def say(self, text: str) -> None:
        self._write(f"\r\033[K{text}\n" if self._live else f"{text}\n")

    def _tick(self) -> None:
        while not self._over.wait(1):
            self._draw()

    def _draw(self) -> None:
        seconds = time.monotonic() - self._start
        line = f"{self.title}: {self.count} packages, {seconds:.0f} s, {self._now}"
        width = shutil.get_terminal_size().columns - 1
        self._write(f"\r\033[K{line[:width]}")

    def _write(self, text: str) -> None:
        with self._lock:
            sys.stdout.write(text)
            sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except InstallError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
