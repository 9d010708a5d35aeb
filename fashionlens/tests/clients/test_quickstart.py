"""The examples of docs/quickstart.md run as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import connection

from catalog.models import Product
from catalog.tests.factories import make_photo_bytes
from fashionlens.keys.models import ApiKey, make_key

ROOT = Path(__file__).parents[3]
CLIENTS = ROOT / "docs" / "clients"


def block(language: str) -> str:
    page = (ROOT / "docs" / "quickstart.md").read_text()
    blocks = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", page)
    return blocks[-1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "front.jpg").write_bytes(make_photo_bytes("navy"))
    (tmp_path / "back.jpg").write_bytes(make_photo_bytes("green"))
    return tmp_path


@pytest.fixture
def run(live_server, folder: Path) -> Callable[..., str]:
    scopes = [ApiKey.Scope.CATALOGUE, ApiKey.Scope.PHOTOS]
    env = {
        **os.environ,
        "SHOP": live_server.url,
        "API_KEY": make_key(name="script", kind="secret", scopes=scopes)[1],
        "PAGE_KEY": make_key(name="pages", kind="publishable")[1],
        "PYTHONPATH": str(folder),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }

    def run(*command: str | Path, cwd: Path = folder) -> str:
        done = subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@contextmanager
def worker(embed: Callable[[], object]) -> Iterator[None]:
    """Embed photos beside the test, as a worker does."""
    stop = Event()

    def work() -> None:
        while not stop.wait(0.1):
            embed()
        connection.close()

    thread = Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


# Two of its three languages are generated first, which takes seconds.
def test_a_product_is_written_and_found_in_each_language(run, folder, embed):
    package = folder / "fashionlens_client"
    generator = ["openapi-python-client", "generate", "--meta", "none"]
    generator += ["--path", str(ROOT / "docs" / "openapi.yaml")]
    generator += ["--config", str(CLIENTS / "python.yaml")]
    with worker(embed):
        found = run("bash", "-ec", block("sh"))
        assert '"sku":"DRESS-0042"' in found
        run(*generator, "--output-path", str(package))
        found = run(sys.executable, "-c", block("python"))
    assert "DRESS-0043 49.90 EUR same item" in found
    assert Product.objects.get(sku="DRESS-0042").variants.count() == 3


def test_a_page_in_typescript_finds_a_product(run, folder, embed):
    modules = CLIENTS / "node_modules"
    if not (shutil.which("node") and (modules / "openapi-fetch").exists()):
        pytest.skip("Run npm install in docs/clients")
    with worker(embed):
        run("bash", "-ec", block("sh"))
    for name in ("package.json", "tsconfig.json", "generate.mjs"):
        shutil.copy(CLIENTS / name, folder)
    (folder / "node_modules").symlink_to(modules)
    (folder / "quickstart.ts").write_text(block("ts"))
    (folder / "main.mjs").write_text(
        """
        import { readFile } from "node:fs/promises";
        import { findByPhoto } from "./quickstart.js";
        const photo = new Blob([await readFile("front.jpg")]);
        const { SHOP, PAGE_KEY } = process.env;
        console.log(await findByPhoto(SHOP, PAGE_KEY, photo));
        """
    )
    run("node", "generate.mjs", f"file://{ROOT / 'docs' / 'openapi.yaml'}")
    run("node", "node_modules/typescript/lib/tsc.js")
    assert "DRESS-0042 49.90 EUR same item" in run("node", "main.mjs")
