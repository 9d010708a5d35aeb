"""A drawn sample shop on embedded servers, for trials of one part of the operation."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.cli import free_port
from fashionlens import embedded

ROOT = Path(__file__).resolve().parents[2]


class TrialShop:
    def __init__(self, var: Path):
        self.var = var
        self.env = {
            **os.environ,
            "DEBUG": "0",
            "FASHIONLENS_VAR": str(var),
            "DATABASE_URL": embedded.database_url(var),
            "REDIS_URL": embedded.broker_url(var),
            "CACHE_URL": embedded.cache_url(var),
            "MEDIA_ROOT": str(var / "media"),
            "STATIC_ROOT": str(var / "static"),
            "SECRET_KEY": "only for this trial",
            "SEARCH_RATE": "",
        }

    def manage(self, *arguments: str, **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.exit(f"manage.py {' '.join(arguments)}:\n{done.stderr}")
        return done.stdout

    def fill(self) -> None:
        self.manage("migrate")
        self.manage("collectstatic", "--noinput", "--verbosity=0")
        code = (
            "from pathlib import Path; from fashionlens.demo.sample import draw_sample;"
            f"draw_sample(Path({str(self.var / 'drawn')!r}))"
        )
        self.manage("shell", "--no-imports", "--command", code)
        self.manage("import_photos", str(self.var / "drawn"))
        self.manage("embed", "--here")

    @contextmanager
    def web(self, **variables: str) -> Iterator[str]:
        """Serve the shop; yield its address."""
        address = f"127.0.0.1:{free_port()}"
        command = ["-m", "gunicorn", "fashionlens.wsgi", "--bind", address]
        command += ["--config", "python:fashionlens.server.config"]
        with (self.var / "web.log").open("w") as log:
            web = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.env | variables,
                stdout=log,
                stderr=log,
            )
        try:
            _wait_for(f"http://{address}/healthz")
            yield f"http://{address}"
        finally:
            web.terminate()
            web.wait(30)

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Run a worker for everything, beside the block."""
        command = [
            "-m",
            "celery",
            "-A",
            "fashionlens",
            "worker",
            "--loglevel",
            "WARNING",
        ]
        command += ["--concurrency", "1", "--without-gossip", "--without-mingle"]
        command += ["--queues", "fashionlens,fashionlens-upkeep"]
        with (self.var / "worker.log").open("w") as log:
            worker = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
            )
        try:
            yield
        finally:
            worker.terminate()
            worker.wait(30)


def _wait_for(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def search_addresses(address: str) -> Iterator[str]:
    """Yield addresses of searches without end: three by a product, one by words."""
    with urllib.request.urlopen(f"{address}/api/v1/products/?page_size=50") as page:
        skus = [each["sku"] for each in json.load(page)["results"]]
    for number in itertools.count():
        if number % 4:
            yield f"{address}/api/v1/products/{skus[number % len(skus)]}/similar/"
        else:
            yield f"{address}/api/v1/products/?q=red%20dress"


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@contextmanager
def trial_shop() -> Iterator[TrialShop]:
    """Start the servers and fill the shop; delete all of it afterwards."""
    var = Path(tempfile.mkdtemp(prefix="fl-trial-", dir="/tmp"))
    var.chmod(0o711)  # root runs the servers as another user, who must reach it
    try:
        with embedded.use_servers(var, "trial"):
            shop = TrialShop(var)
            shop.fill()
            yield shop
    finally:
        shutil.rmtree(var, ignore_errors=True)
