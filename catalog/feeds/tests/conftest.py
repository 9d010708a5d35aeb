from pathlib import Path

import pytest

from catalog.feeds.photos import reader as photos
from catalog.feeds.tests.feed_folder import FeedFolder


@pytest.fixture
def shop(tmp_path: Path) -> FeedFolder:
    folder = tmp_path / "feed"
    folder.mkdir()
    return FeedFolder(folder)


@pytest.fixture
def prepared(monkeypatch) -> list[int]:
    """Return a list that grows with each photo that is decoded."""
    done: list[int] = []
    prepare = photos.prepare_photo

    def counting(data: bytes):
        done.append(len(data))
        return prepare(data)

    monkeypatch.setattr(photos, "prepare_photo", counting)
    return done
