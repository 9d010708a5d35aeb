"""Encoder rows and the loaded networks behind them."""

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

# Networks kept in a process: the active one, and the one that is loaded or was left.
KEPT = 2

_lock = threading.Lock()
_networks: dict[tuple[str, str], Network] = {}  # least recently used first

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class NoActiveEncoder(RuntimeError):
    """Nothing can be embedded or searched; the message says how to change that."""


class EncoderRetired(RuntimeError):
    """The encoder's vectors are gone; what was asked of it is no answer."""


def active_encoder() -> Encoder:
    """The one encoder queries go by. One query, never cached: every process must see
    a change of encoder at once."""
    encoder = Encoder.objects.filter(state=Encoder.State.ACTIVE).first()
    if encoder is None:
        raise NoActiveEncoder("No encoder is active: run `manage.py migrate`.")
    return encoder


def kept_encoders() -> QuerySet[Encoder]:
    """Those that photos are embedded for: all but the retired."""
    return Encoder.objects.exclude(state=Encoder.State.RETIRED)


def ensure_kept(encoder: Encoder) -> None:
    """For whoever found nothing. Raises EncoderRetired when that proves nothing."""
    if not kept_encoders().filter(pk=encoder.pk).exists():
        raise EncoderRetired(
            "The shop compares photos in a new way since this search. Send the photo"
            " again."
        )


def again_if_retired(
    search: Callable[Arguments, Answer],
) -> Callable[Arguments, Answer]:
    """`search`, asked a second time when its encoder was retired while it looked."""

    @wraps(search)
    def asked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        try:
            return search(*args, **kwargs)
        except EncoderRetired:
            return search(*args, **kwargs)

    return asked


def network_of(encoder: Encoder) -> Network:
    """The loaded network: loaded at first use in each process, after the fork and
    once, whatever the threads do (parallel cold loads fail: marqo#322).

    Raises EncoderError when its files are missing, damaged or of another network.
    """
    key = (encoder.version, encoder.sha256)
    with _lock:
        network = _networks.pop(key, None) or _load(encoder)
        _networks[key] = network
        while len(_networks) > KEPT:
            del _networks[next(iter(_networks))]
        return network


def _load(encoder: Encoder) -> Network:
    network = open_network(Path(settings.BASE_DIR) / encoder.folder)
    if (network.version, network.sha256) != (encoder.version, encoder.sha256):
        raise EncoderError(
            f"{network.folder} holds {network.version} now, not {encoder.version} as"
            " it was added. Put the files back, or add the new ones from a folder of"
            " their own: manage.py encoder add DIR"
        )
    return network


def open_network(folder: Path) -> Network:
    """The network in `folder`, after a trial. Raises EncoderError."""
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
            f"{folder} gives vectors of {network.dimension} numbers; the index holds"
            f" {DIMENSION}. Train it with a dimension of {DIMENSION}."
        )
    if not abs(np.linalg.norm(vector) - 1) < 1e-3:  # nan is refused too
        raise EncoderError(
            f"The network in {folder} does not give vectors of unit length: that of a"
            f" trial photo is {np.linalg.norm(vector):.3g} long. Export it again."
        )
    return network


def register(network: Network) -> Encoder:
    """The row and partition for a network, `loading` when it is new or was retired.

    Twice is once. Raises EncoderError when the version is taken by other files.
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
                f"{network.version} was added before with another network. Give this"
                f" one a `version` of its own in {network.folder / 'encoder.json'}."
            )
        encoder.folder = str(folder)
        encoder.metrics = network.info.get("metrics", {})
        encoder.save(update_fields=["folder", "metrics"])
        create_partition(encoder.id)
    return encoder


def _forget_retired(version: str) -> None:
    """One that comes back comes as another row: searches kept and tasks begun under
    the old one must not find themselves in the new one's vectors."""
    retired = Encoder.objects.filter(version=version, state=Encoder.State.RETIRED)
    for encoder in retired:
        drop_partition(encoder.pk)
        encoder.delete()


def register_shipped(**kwargs) -> None:
    """After `migrate`: a shop without an encoder gets the one in the repository."""
    if not Encoder.objects.exists():
        encoder = register(Network.load(SHIPPED))
        build_index(encoder.id)
        encoder.state = Encoder.State.ACTIVE
        encoder.save(update_fields=["state"])
