"""Encoder rows and the loaded network behind the active one."""

import threading
from pathlib import Path

from django.conf import settings
from django.db import transaction

from ml.encoder import SHIPPED
from ml.encoder import Encoder as Network
from search.models import Encoder
from search.partitions import build_index, create_partition

_lock = threading.Lock()
_networks: dict[tuple[str, str], Network] = {}


class NoActiveEncoder(RuntimeError):
    """Nothing can be embedded or searched; the message says how to change that."""


def active_encoder() -> Encoder:
    """The one encoder queries and writes go by. One query, never cached: every
    process must see a change of encoder at once."""
    encoder = Encoder.objects.filter(state=Encoder.State.ACTIVE).first()
    if encoder is None:
        raise NoActiveEncoder("No encoder is active: run `manage.py migrate`.")
    return encoder


def network_of(encoder: Encoder) -> Network:
    """The loaded network: loaded at first use in each process, after the fork and
    once, whatever the threads do (parallel cold loads fail: marqo#322)."""
    key = (encoder.version, encoder.sha256)
    with _lock:
        if key not in _networks:
            folder = Path(settings.BASE_DIR) / encoder.folder
            _networks[key] = Network.load(folder, runtime=settings.ENCODER_RUNTIME)
        return _networks[key]


def register(folder: Path) -> Encoder:
    """The row, partition and index for the network in `folder`. Twice is once."""
    network = Network.load(folder)
    if folder.is_relative_to(settings.BASE_DIR):
        folder = folder.relative_to(settings.BASE_DIR)
    with transaction.atomic():
        encoder, _ = Encoder.objects.get_or_create(
            version=network.version,
            defaults={
                "folder": str(folder),
                "sha256": network.sha256,
                "dimension": network.dimension,
                "metrics": network.info.get("metrics", {}),
            },
        )
        create_partition(encoder.id)
        build_index(encoder.id)
    return encoder


def register_shipped(**kwargs) -> None:
    """After `migrate`: a shop without an encoder gets the one in the repository."""
    if not Encoder.objects.exists():
        encoder = register(SHIPPED)
        encoder.state = Encoder.State.ACTIVE
        encoder.save(update_fields=["state"])
