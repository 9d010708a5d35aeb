"""What `manage.py demo` puts into an empty shop: a catalogue and an admin user."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from catalog.models import Product
from fashionlens.demo.dataset import DatasetUnavailable, download
from fashionlens.demo.sample import draw_sample

ADMIN = "admin"


@dataclass(frozen=True)
class Source:
    """Where the demo's photos come from, in words and as a folder of class folders."""

    words: str
    folder: Path


def needs_catalogue() -> bool:
    """The shop is empty, or the last start was killed while it filled it."""
    return _unfinished().exists() or not Product.objects.exists()


def mark_unfinished() -> None:
    _unfinished().touch()


def mark_finished() -> None:
    _unfinished().unlink(missing_ok=True)


def _unfinished() -> Path:
    return settings.VAR / "demo-unfinished"


def find_source() -> Source:
    """FASHIONLENS_PHOTOS, else the public dataset, else drawings of our own."""
    if settings.PHOTOS:
        folder = Path(settings.PHOTOS).expanduser()
        return Source(f"your folder FASHIONLENS_PHOTOS={folder}", folder)
    try:
        folder = download(settings.VAR / "photos")
        return Source("the public Clothing Dataset (small), CC0", folder)
    except DatasetUnavailable as reason:
        folder = settings.VAR / "sample"
        draw_sample(folder)
        return Source(
            f"the built-in sample, drawn by FashionLens itself ({reason})", folder
        )


def ensure_admin() -> str:
    """The admin's password in words. Made once and kept, readable by its owner only;
    a password changed since then stays what it was changed to."""
    file = settings.VAR / "admin-password"
    users = get_user_model()
    if not users.objects.filter(username=ADMIN).exists():
        settings.VAR.mkdir(parents=True, exist_ok=True)
        password = secrets.token_urlsafe(12)
        file.touch(mode=0o600)
        file.write_text(password)
        users.objects.create_superuser(ADMIN, password=password)
    user = users.objects.get(username=ADMIN)
    password = file.read_text() if file.exists() else ""
    return password if user.check_password(password) else "the one you have set"
