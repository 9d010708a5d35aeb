import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fashionlens import install

SCRIPT = Path(install.__file__)
WHEEL, INFO = "tiny-1.0-py3-none-any.whl", "tiny-1.0.dist-info"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder with a space in its name and one package to install."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    (folder / "requirements.txt").write_text(f"./{WHEEL}\n")
    contents = {
        "tiny/__init__.py": "version = '1.0'\n",
        "tiny/part.py": "",
        f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        f"{INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    contents[f"{INFO}/RECORD"] = "".join(f"{name},,\n" for name in contents)
    with zipfile.ZipFile(folder / WHEEL, "w") as archive:
        for name, text in contents.items():
            archive.writestr(name, text)
    return folder


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, "requirements.txt"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def tiny(folder: Path) -> str:
    code = "import tiny, tiny.part; print(tiny.version)"
    python = [folder / ".venv/bin/python", "-c", code]
    return subprocess.run(python, capture_output=True, text=True).stdout.strip()


def test_it_installs_once_and_repairs_an_interrupted_run(clone: Path) -> None:
    first = run(clone)
    assert first.returncode == 0, first.stderr
    assert "Creating .venv" in first.stdout
    assert tiny(clone) == "1.0"
    assert run(clone).stdout == ""

    # Interrupted within a package: its metadata exists, one of its files does not.
    next(clone.glob(".venv/lib/python*/site-packages/tiny/part.py")).unlink()
    (clone / ".venv/installed-requirements.txt").unlink()
    assert "Creating .venv" not in run(clone).stdout
    assert tiny(clone) == "1.0"

    (clone / "requirements.txt").write_text("./missing-1.0-py3-none-any.whl\n")
    refused = run(clone)
    assert refused.returncode == 1
    assert "missing-1.0" in refused.stderr
    assert "again to continue" in refused.stderr
    assert tiny(clone) == "1.0"


def test_a_half_made_venv_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "VENV", tmp_path)
    monkeypatch.setattr(install, "PYTHON", Path(sys.executable))
    assert install.is_usable()
    (tmp_path / "unfinished").touch()
    assert not install.is_usable()


@pytest.mark.parametrize("contents", ["exit 1", "echo False", None])
def test_a_venv_without_pip_or_with_an_old_python_is_not_used(
    contents: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    if contents:
        python.write_text(f"#!/bin/sh\n{contents}\n")
        python.chmod(0o755)
    monkeypatch.setattr(install, "VENV", tmp_path)
    monkeypatch.setattr(install, "PYTHON", python)
    assert not install.is_usable()


@pytest.mark.parametrize(
    ("record", "whole"),
    [
        ("a.py,,\nd.dist-info/INSTALLER,,\n", True),
        ("a.py,,\n__pycache__/a.pyc,,\nd.dist-info/INSTALLER,,\n", True),
        ("a.py,,\n", False),
        ("a.py,,\nb.py,,\nd.dist-info/INSTALLER,,\n", False),
        (None, False),
    ],
)
def test_a_package_is_whole_if_all_files_of_its_record_exist(
    record: str | None, whole: bool, tmp_path: Path
) -> None:
    info = tmp_path / "d.dist-info"
    info.mkdir()
    (tmp_path / "a.py").touch()
    (info / "INSTALLER").touch()
    if record is not None:
        (info / "RECORD").write_text(record)
    assert install.is_whole(info) is whole


def test_the_output_of_pip_is_summarised(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        "Looking in links: somewhere",
        "Collecting django==5.2.19",
        "  Downloading django-5.2.19-py3-none-any.whl.metadata (4 kB)",
        "  Downloading django-5.2.19-py3-none-any.whl (8.3 MB)",
        "Collecting tensorflow==2.21.0",
        "  Downloading tensorflow-2.21.0.whl (611.2 MB)",
        "WARNING: Retrying (Retry(total=4)) after connection broken",
        "ERROR: No matching distribution found for x==1",
    ]
    progress = install.Progress("Installing")
    with progress:
        other_lines = install.follow(lines, progress)
    assert progress.count == 2
    assert other_lines == lines[-2:]
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "Installing",
        "  downloading tensorflow-2.21.0.whl (611.2 MB)",
        lines[-2],
    ]
