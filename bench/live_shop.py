"""A whole shop of real photos for the benchmarks, kept under var/bench.

Import this module before Django: it points the settings at that folder. The first run
imports and embeds the photos; later runs reuse them.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.cli import free_port

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionlens.settings")
os.environ["DEBUG"] = "1"
os.environ["FASHIONLENS_VAR"] = str(ROOT / "var" / "bench")
os.environ["FASHIONLENS_PORT"] = str(free_port())
for name in ("DATABASE_URL", "REDIS_URL", "MEDIA_ROOT", "SEARCH_RATE", "BROWSE_RATE"):
    os.environ.pop(name, None)

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from fashionlens import embedded  # noqa: E402
from fashionlens.stack import Stack  # noqa: E402
from ml.encoder import SHIPPED  # noqa: E402
from ml.encoder import Encoder as Network  # noqa: E402
from search.index.embed import index_status  # noqa: E402
from search.index.encoders import active_encoder  # noqa: E402
from search.models import Encoder  # noqa: E402

# The report's network, the baseline of some benchmarks.
REPORT = SHIPPED.parent / "report"

# The web process runs as in production: DEBUG would record every SQL query.
PRODUCTION = {
    "DEBUG": "0",
    "DATABASE_URL": embedded.database_url(settings.VAR),
    "REDIS_URL": embedded.broker_url(settings.VAR),
    "CACHE_URL": embedded.cache_url(settings.VAR),
    "MEDIA_ROOT": settings.MEDIA_ROOT,
    "SECRET_KEY": settings.SECRET_KEY,
    "SEARCH_RATE": "",
    "BROWSE_RATE": "",
}


@contextmanager
def run_shop(data: Path, encoder: Path = SHIPPED) -> Iterator[Stack]:
    """Run a shop of the photos in data/train, embedded by the network in `encoder`."""
    with Stack(command="demo", quiet=True, port=settings.PORT) as stack:
        stack.start_servers()
        stack.migrate()
        photos = sum(1 for path in (data / "train").glob("*/*") if path.is_file())
        if index_status()["photos"] != photos:
            call_command("import_photos", data / "train")
        stack.start("worker")
        call_command("embed")
        activate_only(encoder)
        start_web(stack)
        yield stack


@contextmanager
def run_web() -> Iterator[Stack]:
    """Run the web processes alone, whatever the shop holds."""
    with Stack(command="demo", quiet=True, port=settings.PORT) as stack:
        stack.start_servers()
        stack.migrate()
        activate_only(SHIPPED)
        start_web(stack)
        yield stack


def start_web(stack: Stack) -> None:
    os.environ.update(PRODUCTION)
    command = ["manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True)
    stack.start("web")


def activate_only(folder: Path) -> Encoder:
    version = Network.load(folder).version
    if active_encoder().version != version:
        call_command("encoder", "add", str(folder))
        call_command("encoder", "activate", version)
    for other in Encoder.objects.exclude(version=version).exclude(state="retired"):
        call_command("encoder", "retire", other.version, "--yes")
    return active_encoder()
