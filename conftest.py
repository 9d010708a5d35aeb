from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from catalog.models import Product
from catalog.word_query import popular
from fashionlens.cluster.rules import check_execution
from fashionlens.identity.current import Identity, remember_identity
from fashionlens.identity.models import Shop
from search.index import encoders
from search.index.partitions import build_index, create_partition
from search.models import Encoder
from search.tests.fake_network import FakeNetwork
from search.tests.garments import GarmentNetwork, make_garments


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:
    """Give each test its own media folder."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture(autouse=True)
def uncounted_searches(monkeypatch) -> None:
    """Write no counts of searches amid the queries of a test."""
    monkeypatch.setattr(popular, "WRITE_AFTER_S", inf)


@pytest.fixture(autouse=True)
def cluster_rules() -> Iterator[None]:
    """Refuse the statements that a distributed Postgres would refuse."""
    with connection.execute_wrapper(check_execution):
        yield


@pytest.fixture(autouse=True)
def identity_known() -> None:
    """Let pages show the default identity, and tests count the other queries."""
    remember_identity(Identity(Shop(), []))


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


@pytest.fixture
def garment_shop(garment_network, embed) -> dict[str, Product]:
    """Return a red dress, a blue dress and a red skirt by SKU, embedded."""
    products = make_garments("red-dress", "blue-dress", "red-skirt")
    embed()
    return products
