"""Update a shop from the release before without closing it.

    python -m bench.ops.upgrade [--json]

The order is: the old encoder is put where it survives the update, the new release
migrates the database, the web processes and workers of the old one go on for a while,
those of the new one follow. Each must answer all pages and searches, and store and find
new products.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from bench.cli import make_parser, print_figures
from fashionlens import embedded
from fashionlens.demo.sample import garment

ROOT = Path(__file__).resolve().parents[2]
RELEASE = "6fbaf43"  # the commit of the release before: a clone may have no tags
COLOURS = ("red", "navy", "green", "gold", "purple", "brown", "pink")
FEED = "id,title,price,product_type,image_link\n{0},Wool coat,19.90 EUR,Coats,{0}.png\n"
# Runs in either release: it uses what both have.
TRIAL = """
import io, sys
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

folder, sku = sys.argv[1:]
call_command("import_feed", f"{folder}/{sku}.csv", verbosity=0)
call_command("embed", "--here", verbosity=0)
photo = open(f"{folder}/{sku}.png", "rb").read()
client = Client(HTTP_HOST="localhost")
upload = SimpleUploadedFile("photo.png", photo, content_type="image/png")
answers = {
    "front page": client.get("/"),
    "words": client.get("/?q=wool+coat"),
    "no results": client.get("/?q=zzzzzz"),
    "product": client.get(f"/api/v1/products/{sku}/"),
    "list": client.get("/api/v1/products/?category=coats"),
    "similar": client.get(f"/api/v1/products/{sku}/similar/"),
    "photo": client.post("/search/", {"photo": upload}),
    "photo, API": client.post("/api/v1/search/", photo, content_type="image/png"),
}
for name, answer in answers.items():
    print(f"{name}: {answer.status_code}")
found = answers["photo, API"].json()["results"]
print("found:", sku in [each["product"]["sku"] for each in found])
"""


class UpgradeFailed(Exception):
    """A step failed; its output is the message."""


class Release:
    def __init__(self, folder: Path, var: Path):
        self._folder, self._var = folder, var

    def manage(self, *arguments: str) -> str:
        return self._run("manage.py", *arguments)

    def serve(self, sku: str) -> dict[str, str]:
        """Import and embed a product, and ask for everything; return what came."""
        colour = COLOURS[sum(sku.encode()) % len(COLOURS)]
        garment("dress", colour=colour).save(self._var / f"{sku}.png")
        (self._var / f"{sku}.csv").write_text(FEED.format(sku))
        setup = "import django; django.setup()\n"
        lines = self._run("-c", setup + TRIAL, str(self._var), sku).splitlines()
        return dict(line.rsplit(": ", 1) for line in lines if ": " in line)

    def _run(self, *command: str) -> str:
        servers = {"DATABASE_URL", "REDIS_URL", "CACHE_URL", "MEDIA_ROOT", "SECRET_KEY"}
        own = {
            "DEBUG": "1",
            "DJANGO_SETTINGS_MODULE": "fashionlens.settings",
            "FASHIONLENS_VAR": str(self._var),
        }
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self._folder,
            env={k: v for k, v in os.environ.items() if k not in servers} | own,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise UpgradeFailed(f"{command[:2]}: {done.stdout}{done.stderr}")
        return done.stdout


def has_release() -> bool:
    known = ["git", "cat-file", "-e", f"{RELEASE}^{{commit}}"]
    return not subprocess.run(known, cwd=ROOT, stderr=subprocess.DEVNULL).returncode


@contextmanager
def unpacked(release: str) -> Iterator[Path]:
    archive = ["git", "archive", "--format=tar", release]
    made = subprocess.run(archive, cwd=ROOT, capture_output=True, check=True)
    with tempfile.TemporaryDirectory(prefix="fl-release-", dir="/tmp") as folder:
        with tarfile.open(fileobj=BytesIO(made.stdout)) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder)


def upgrade(release: str) -> dict[str, dict[str, str]]:
    """Return what the old release answered after the migration, and then the new one.

    Raises UpgradeFailed.
    """
    with (
        unpacked(release) as folder,
        tempfile.TemporaryDirectory(prefix="fl-trial-", dir="/tmp") as made,
    ):
        var = Path(made)
        var.chmod(0o711)  # root runs the servers as another user, who must reach it
        old, new = Release(folder, var), Release(ROOT, var)
        kept = var / "encoder"
        with embedded.use_servers(var, "upgrade"):
            old.manage("migrate", "--verbosity=0")
            old.serve("BEFORE-1")
            (folder / "ml/encoders/fashion").rename(kept)
            old.manage("encoder", "add", str(kept), "--here")
            new.manage("migrate", "--verbosity=0")
            answers = {"old": old.serve("MEANWHILE-1"), "new": new.serve("AFTER-1")}
            new.manage("check", "--database", "default", "--fail-level", "ERROR")
    return answers


def main() -> None:
    options = make_parser(__doc__).parse_args()
    if not has_release():
        sys.exit(f"This clone lacks {RELEASE}. Run git fetch --unshallow.")
    answers = upgrade(RELEASE)
    figures: dict[str, object] = {"from": RELEASE}
    for name, each in answers.items():
        figures |= {f"{name}: {what}": came for what, came in each.items()}
    print_figures(figures, as_json=options.json)


if __name__ == "__main__":
    main()
