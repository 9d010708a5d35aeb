"""Temporary PostgreSQL and Valkey for a test run.

Use servers of your own by setting DATABASE_URL and REDIS_URL. The plugin is loaded by
`-p` (pyproject.toml), since pytest-django reads the settings before any conftest. xdist
workers inherit the variables, and so share the servers.
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from fashionlens import embedded
from fashionlens.embedded.locks import claim
from fashionlens.embedded.servers import Servers
from fashionlens.embedded.session import clear_libpq_variables

PREFIX = f"fl-test-{os.geteuid()}-"
CACHE_DATABASES = range(1, 16)  # 0 is the broker's


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, object, object]:
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        _separate_worker(int(re.sub(r"\D", "", worker) or 0))
    elif not early_config.known_args_namespace.help:
        _start(early_config)
    return (yield)


def _start(config: pytest.Config) -> None:
    _remove_leftovers()
    var = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
    var.chmod(0o711)  # root runs the servers as another user, who must reach it
    config.add_cleanup(lambda: shutil.rmtree(var, ignore_errors=True))
    given = {"DATABASE_URL", "REDIS_URL"} <= set(os.environ)
    if not given:
        _start_servers(config, var)
    os.environ["FASHIONLENS_VAR"] = str(var)
    for name, value in {
        "DATABASE_URL": embedded.database_url(var),
        "REDIS_URL": embedded.broker_url(var),
        "DEBUG": "1",
        "SECRET_KEY": "only for tests",
        "MEDIA_ROOT": str(var / "media"),
    }.items():
        os.environ.setdefault(name, value)
    if not given:
        os.environ["CACHE_URL"] = embedded.cache_url(var)


def _start_servers(config: pytest.Config, var: Path) -> None:
    clear_libpq_variables()
    own_claim = claim(var, "pytest")
    assert own_claim is not None, f"{var} is new"
    config.add_cleanup(own_claim.release)
    servers = Servers(var, own_claim.fd, throw_away=True)
    config.add_cleanup(servers.stop)
    try:
        servers.start()
    except embedded.EmbeddedError as error:
        raise pytest.UsageError(str(error)) from error


def _separate_worker(number: int) -> None:
    """Give an xdist worker its own queue and cache on the shared Valkey."""
    os.environ["CELERY_QUEUE"] = f"fashionlens-{number}"
    var = Path(os.environ["FASHIONLENS_VAR"])
    if os.environ["REDIS_URL"] == embedded.broker_url(var):
        db = CACHE_DATABASES[number % len(CACHE_DATABASES)]
        os.environ["CACHE_URL"] = embedded.cache_url(var, db)


def _remove_leftovers() -> None:
    # Folders of test runs that were killed at least an hour ago.
    for var in Path("/tmp").glob(f"{PREFIX}*"):
        old = time.time() - var.stat().st_mtime > 3600
        if old and var.stat().st_uid == os.geteuid() and (leftover := claim(var, "")):
            leftover.release()
            shutil.rmtree(embedded.run_dir(var).parent, ignore_errors=True)
            shutil.rmtree(var, ignore_errors=True)
