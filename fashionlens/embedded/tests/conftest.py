import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fashionlens.embedded import paths
from fashionlens.embedded.tests.data_folder import make_folder


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
