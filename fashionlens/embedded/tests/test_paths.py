"""Where the data and the sockets of the servers may be."""

import os
import shutil
from pathlib import Path

import pytest

from fashionlens import embedded
from fashionlens.embedded import binaries, paths
from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.session import use_servers
from fashionlens.embedded.tests.data_folder import (
    add_row_and_count,
    all_processes_ended,
)
from fashionlens.postgres.address import read_database

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="tests a start by root")


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


def test_database_url_and_settings_agree(empty):
    url = read_database(embedded.database_url(empty))
    wanted = embedded.database_settings(empty)
    assert {k: str(url[k]) for k in wanted if k != "ENGINE"} == {
        k: v for k, v in wanted.items() if k != "ENGINE"
    }
