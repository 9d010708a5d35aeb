"""The catalogue and the admin user that `manage.py demo` puts into an empty shop."""

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
class PhotoSource:
    description: str
    folder: Path  # of class folders


def needs_catalogue() -> bool:
    return _unfinished_mark().exists() or not Product.objects.exists()


# A start that was killed while it filled the shop continues at the next one.
def mark_unfinished() -> None:
    _unfinished_mark().touch()


def mark_finished() -> None:
    _unfinished_mark().unlink(missing_ok=True)


def _unfinished_mark() -> Path:
    return settings.VAR / "demo-unfinished"


def find_photo_source() -> PhotoSource:
    """Return FASHIONLENS_PHOTOS, else the public dataset, else drawn photos."""
    if settings.PHOTOS:
        folder = Path(settings.PHOTOS).expanduser()
        return PhotoSource(f"your folder FASHIONLENS_PHOTOS={folder}", folder)
    try:
        folder = download(settings.VAR / "photos")
        return PhotoSource("the public Clothing Dataset (small), CC0", folder)
    except DatasetUnavailable as error:
        folder = settings.VAR / "sample"
        draw_sample(folder)
        return PhotoSource(
            f"the built-in sample, drawn by FashionLens itself ({error})", folder
        )


def ensure_admin() -> str:
    """Make the admin user if there is none; return what to print as its password."""
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
