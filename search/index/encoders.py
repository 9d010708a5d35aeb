"""Encoder rows and the networks loaded for them."""

import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from PIL import Image

from ml.encoder import SHIPPED, EncoderError
from ml.encoder import Encoder as Network
from search.index.partitions import build_index, create_partition, drop_partition
from search.models import DIMENSION, Encoder

# In a process: the active one, and one that is being added or was active before.
MAX_NETWORKS = 2

_lock = threading.Lock()
_networks: dict[tuple[str, str], Network] = {}  # least recently used first

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


class NoActiveEncoder(RuntimeError):
    """There is no encoder to embed or search with."""


class EncoderRetired(RuntimeError):
    """The encoder's vectors are gone, so an empty result means nothing."""


def active_encoder() -> Encoder:
    # Never cached: every process must see a change of encoder at once.
    encoder = Encoder.objects.filter(state=Encoder.State.ACTIVE).first()
    if encoder is None:
        raise NoActiveEncoder("No encoder is active: run `manage.py migrate`.")
    return encoder


def live_encoders() -> QuerySet[Encoder]:
    return Encoder.objects.exclude(state=Encoder.State.RETIRED)


def raise_if_retired(encoder: Encoder) -> None:
    """Call this after finding nothing. Raises EncoderRetired."""
    if not live_encoders().filter(pk=encoder.pk).exists():
        raise EncoderRetired(
            "The shop has changed its encoder since this search. Search again with the"
            " same photo."
        )


def retry_if_retired(
    search: Callable[Arguments, Value],
) -> Callable[Arguments, Value]:
    """Call `search` a second time if its encoder was retired in the first."""

    @wraps(search)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Value:
        try:
            return search(*args, **kwargs)
        except EncoderRetired:
            return search(*args, **kwargs)

    return wrapped


def network_of(encoder: Encoder) -> Network:
    """Return the encoder's network, loaded at first use in each process.

    Raises EncoderError if its files are missing, damaged or those of another network.
    """
    # After the fork, and by one thread at a time: parallel cold loads fail (marqo#322).
    key = (encoder.version, encoder.sha256)
    with _lock:
        network = _networks.pop(key, None) or _load(encoder)
        _networks[key] = network
        while len(_networks) > MAX_NETWORKS:
            del _networks[next(iter(_networks))]
        return network


def loaded_network(version: str) -> Network | None:
    """Return the network of an encoder that this process has used lately."""
    with _lock:
        found = (net for (name, _), net in _networks.items() if name == version)
        return next(found, None)


def _load(encoder: Encoder) -> Network:
    network = open_network(Path(settings.BASE_DIR) / encoder.folder)
    if (network.version, network.sha256) != (encoder.version, encoder.sha256):
        raise EncoderError(
            f"{network.folder} holds {network.version}, but {encoder.version} was added"
            " from it. Put its files back, and add the new ones from another folder:"
            " manage.py encoder add DIR"
        )
    return network


def open_network(folder: Path) -> Network:
    """Load the network in `folder` and try it on one image. Raises EncoderError."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 48, 3), np.uint8)
    try:
        network = Network.load(folder, runtime=settings.ENCODER_RUNTIME)
        vector = network.encode([Image.fromarray(noise)])[0]
    except EncoderError:
        raise
    except Exception as error:  # ONNX Runtime and Keras raise all kinds
        raise EncoderError(f"The network in {folder} does not run: {error}") from error
    if network.dimension != DIMENSION:
        raise EncoderError(
            f"The network in {folder} makes vectors of {network.dimension} numbers; the"
            f" index holds {DIMENSION}. Train it with a dimension of {DIMENSION}."
        )
    if not abs(np.linalg.norm(vector) - 1) < 1e-3:  # nan is refused too
        raise EncoderError(
            f"The network in {folder} does not make vectors of unit length: that of a"
            f" trial photo is {np.linalg.norm(vector):.3g} long. Export it again."
        )
    return network


def register(network: Network) -> Encoder:
    """Return the row of a network, with its partition; create what is missing.

    A new encoder, or one that was retired, is `loading`. Raises EncoderError if the
    version is taken by another network.
    """
    folder = network.folder.absolute()
    if folder.is_relative_to(settings.BASE_DIR):
        folder = folder.relative_to(settings.BASE_DIR)
    _forget_retired(network.version)
    with transaction.atomic():
        encoder, _ = Encoder.objects.get_or_create(
            version=network.version, defaults={"sha256": network.sha256}
        )
        if encoder.sha256 != network.sha256:
            raise EncoderError(
                f"{network.version} was added before with other files. Give this"
                f" network another `version` in {network.folder / 'encoder.json'}."
            )
        encoder.folder = str(folder)
        encoder.metrics = network.info.get("metrics", {})
        encoder.save(update_fields=["folder", "metrics"])
        create_partition(encoder.id)
    return encoder


def _forget_retired(version: str) -> None:
    # An encoder that comes back gets a new row: kept searches and running tasks of the
    # old one must not use the vectors of the new one.
    retired = Encoder.objects.filter(version=version, state=Encoder.State.RETIRED)
    for encoder in retired:
        drop_partition(encoder.pk)
        encoder.delete()


def register_shipped(**kwargs) -> None:
    if not Encoder.objects.exists():
        encoder = register(Network.load(SHIPPED))
        build_index(encoder.id)
        encoder.state = Encoder.State.ACTIVE
        encoder.save(update_fields=["state"])
