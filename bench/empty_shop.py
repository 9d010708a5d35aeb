"""A temporary shop for the benchmarks, with the schema only.

Import this module before Django: it points the settings at a temporary folder.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
(ROOT / "var").mkdir(exist_ok=True)
VAR = Path(tempfile.mkdtemp(prefix="bench-shop-", dir=ROOT / "var"))
VAR.chmod(0o711)  # root runs the servers as another user, who must reach it
atexit.register(shutil.rmtree, VAR, ignore_errors=True)
os.environ["DJANGO_SETTINGS_MODULE"] = "fashionlens.settings"
os.environ["DEBUG"] = "1"
os.environ["FASHIONLENS_VAR"] = str(VAR)
for name in ("DATABASE_URL", "REDIS_URL", "CACHE_URL", "MEDIA_ROOT"):
    os.environ.pop(name, None)

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from fashionlens.embedded.servers import POSTGRES_OPTIONS  # noqa: E402
from fashionlens.embedded.session import use_servers  # noqa: E402

# The index of a million products is 800 MB; the default is for a laptop.
POSTGRES_OPTIONS["shared_buffers"] = "2GB"


@contextmanager
def empty_shop() -> Iterator[None]:
    """Create a database with the schema only for the time of the block."""
    with use_servers(VAR, "bench"):
        call_command("migrate", verbosity=0)
        yield
        connection.close()
