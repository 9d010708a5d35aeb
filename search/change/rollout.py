"""Change the encoder while the shop is open.

Each encoder has vectors of its own, and a search uses one encoder from start to end.
So a change only sets the state of two rows, and no result is ever empty or mixed.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalog.announcements.signals import encoder_activated
from search.index.encoders import live_encoders, network_of
from search.index.partitions import build_index, drop_partition, index_state
from search.models import Embedding, EmbeddingFailure, Encoder, Photo

State = Encoder.State


class RolloutRefused(RuntimeError):
    """Nothing was changed."""


@dataclass(frozen=True)
class EncoderStatus:
    """The state of an encoder's index. Activating it would lose `missing` photos."""

    encoder: Encoder
    embedded: int
    pending: int
    failed: int
    missing: int
    index: str  # valid, invalid or missing

    @property
    def obstacles(self) -> list[str]:
        version, found = self.encoder.version, []
        if self.encoder.state == State.RETIRED:
            found.append(f"{version} was retired and its vectors are gone")
        if self.missing:
            found.append(
                f"{self.missing} photos have no vector ({self.pending} pending,"
                f" {self.failed} failed; see manage.py encoder list)"
            )
        if self.index != "valid":
            found.append(f"its HNSW index is {self.index}")
        return found


def find_encoder(version: str) -> Encoder:
    encoder = Encoder.objects.filter(version=version).first()
    if encoder is None:
        known = ", ".join(Encoder.objects.values_list("version", flat=True))
        raise RolloutRefused(
            f"There is no encoder {version}. Known: {known or 'none'}."
        )
    return encoder


def status_of(encoder: Encoder) -> EncoderStatus:
    pending = Photo.objects.pending(encoder).count()
    failed = Photo.objects.failed(encoder)
    # Photos that the active encoder could not read either are no loss.
    active = Embedding.objects.filter(encoder__state=State.ACTIVE)
    lost = failed.filter(id__in=active.values("image_id")).count()
    return EncoderStatus(
        encoder=encoder,
        embedded=Embedding.objects.filter(encoder=encoder).count(),
        pending=pending,
        failed=failed.count(),
        missing=pending + lost,
        index=index_state(encoder.pk),
    )


def finish_loading(encoder: Encoder) -> None:
    build_index(encoder.pk)
    Encoder.objects.filter(pk=encoder.pk, state=State.LOADING).update(state=State.READY)


def activate(version: str) -> Encoder:
    """Make it the active encoder.

    Raises RolloutRefused if photos would be lost, EncoderError if its files are bad.
    """
    with transaction.atomic():
        encoder = _locked(version)
        if encoder.state == State.ACTIVE:
            return encoder
        if obstacles := status_of(encoder).obstacles:
            raise RolloutRefused(
                f"{version} cannot be activated: {'; '.join(obstacles)}. Run manage.py"
                f" encoder add {encoder.folder}; it continues where it stopped."
            )
        return _switch_to(encoder)


def previous_encoder() -> Encoder | None:
    replaced = (
        live_encoders().exclude(state=State.ACTIVE).filter(replaced__isnull=False)
    )
    return replaced.order_by(F("replaced").desc()).first()


def rollback() -> Encoder:
    """Activate the encoder that was active before, even if photos are missing.

    Raises RolloutRefused, and EncoderError if its files are bad.
    """
    with transaction.atomic():
        _lock()
        encoder = previous_encoder()
        if encoder is None:
            raise RolloutRefused(
                "There is no encoder to go back to: none was active before, or it was"
                " retired."
            )
        return _switch_to(encoder)


def retire(version: str) -> Encoder:
    """Drop the encoder's vectors. Raises RolloutRefused for the active encoder."""
    with transaction.atomic():
        encoder = _locked(version)
        if encoder.state == State.ACTIVE:
            raise RolloutRefused(
                f"{version} is active. Activate another encoder first."
            )
        encoder.state, encoder.replaced = State.RETIRED, None
        encoder.save(update_fields=["state", "replaced"])
        EmbeddingFailure.objects.filter(encoder=encoder).delete()
    # After the commit: a search without the partition then sees why.
    drop_partition(encoder.pk)
    return encoder


def _lock() -> None:
    # One change of encoder at a time; searches and embedding go on.
    list(Encoder.objects.order_by("pk").select_for_update(no_key=True))


def _locked(version: str) -> Encoder:
    _lock()
    return find_encoder(version)


def _switch_to(encoder: Encoder) -> Encoder:
    network_of(encoder)  # raises EncoderError
    if not encoder.weights:  # the shop's wishes outlive an encoder
        active = Encoder.objects.filter(state=State.ACTIVE)
        encoder.weights = active.values_list("weights", flat=True).first() or {}
    Encoder.objects.filter(state=State.ACTIVE).update(
        state=State.READY, replaced=timezone.now()
    )
    encoder.state = State.ACTIVE
    encoder.save(update_fields=["state", "weights"])
    encoder_activated.send(Encoder, version=encoder.version)
    return encoder
