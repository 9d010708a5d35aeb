from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from django.db import OperationalError, connection
from PIL import Image

from fashionlens.cluster.rules import check_execution
from ml.encoder import WHOLE_PICTURE, Finding
from search.index import encoders
from search.index.partitions import build_index, create_partition
from search.models import Encoder
from search.tests.garments import GarmentNetwork


class FakeNetwork:
    """A fast, deterministic network: vectors are thumbnails of 8 x 5 pixels."""

    version = "fake-1"
    dimension = 128
    input_size = 128
    decode_side = 128
    sha256 = "f" * 64
    bands = [("same item", 0.001), ("very similar", 0.05), ("similar", 0.5)]
    info: dict = {"metrics": {}}
    parts: dict = {}
    part_bands: dict = {}
    colours: dict = {}

    def find(self, image: Image.Image) -> Finding:
        return WHOLE_PICTURE

    def encode(self, images: list[Image.Image]) -> np.ndarray:
        vectors = np.ones((len(images), self.dimension), np.float32) * 0.01
        for row, image in zip(vectors, images, strict=True):
            pixels = np.asarray(image.resize((8, 5), Image.Resampling.BOX), np.float32)
            row[:120] += pixels.ravel() / 127.5 - 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def encode_garments(self, image: Image.Image) -> tuple[Finding, np.ndarray]:
        return WHOLE_PICTURE, self.encode([image])

    def band(self, distance: float) -> str | None:
        return next((name for name, limit in self.bands if distance <= limit), None)


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:
    """Give each test its own media folder."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture(autouse=True)
def cluster_rules() -> Iterator[None]:
    """Refuse the statements that a distributed Postgres would refuse."""
    with connection.execute_wrapper(check_execution):
        yield


@pytest.fixture
def database_down(db) -> Iterator[None]:
    """Let every query fail."""

    def refuse(*args: object) -> None:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(refuse):
        yield


@pytest.fixture
def fake_encoder(db, monkeypatch) -> Iterator[Encoder]:
    """Activate an encoder with a fake network and a real partition."""
    Encoder.objects.filter(state="active").update(state="retired")
    encoder = Encoder.objects.create(
        version="fake-1", folder="-", sha256="f" * 64, state="active"
    )
    create_partition(encoder.id)
    build_index(encoder.id)
    network = FakeNetwork()
    monkeypatch.setitem(encoders._networks, ("fake-1", "f" * 64), network)
    yield encoder


@pytest.fixture
def garment_network(fake_encoder, monkeypatch) -> GarmentNetwork:
    """Let the active encoder see garments, their kind and their colour."""
    network = GarmentNetwork()
    monkeypatch.setitem(encoders._networks, ("fake-1", "f" * 64), network)
    return network


@pytest.fixture
def embed(fake_encoder):
    """Return a function that embeds all pending photos."""
    from search.index.embed import embed_due

    return lambda: embed_due(encoder=fake_encoder)
