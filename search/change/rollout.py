"""Changing the encoder while the shop is open.

Vectors are keyed by encoder and a search goes by one encoder from start to end, so a
change is one row's state: nothing is empty and nothing is mixed at any moment.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from search.index.encoders import live_encoders, network_of
from search.index.partitions import build_index, drop_partition, index_state
from search.models import Embedding, EmbeddingFailure, Encoder, Photo

State = Encoder.State


class RolloutRefused(RuntimeError):
    """Nothing was changed. The message says why and what to do."""


@dataclass(frozen=True)
class Status:
    """Where an encoder stands. `missing` photos would be lost by activating it."""

    encoder: Encoder
    embedded: int
    pending: int
    failed: int
    missing: int
    index: str  # valid, invalid or missing

    @property
    def obstacles(self) -> list[str]:
        """What stands against making it the active one; [] when nothing does."""
        version, found = self.encoder.version, []
        if self.encoder.state == State.RETIRED:
            found.append(f"{version} was retired and its vectors are gone")
        if self.missing:
            found.append(
                f"{self.missing} photos have no vector of it ({self.pending} pending,"
                f" {self.failed} failed: manage.py encoder list)"
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


def status_of(encoder: Encoder) -> Status:
    pending = Photo.objects.pending(encoder).count()
    failed = Photo.objects.failed(encoder)
    # What the active one cannot read either is not found now and is no loss.
    active = Embedding.objects.filter(encoder__state=State.ACTIVE)
    lost = failed.filter(id__in=active.values("image_id")).count()
    return Status(
        encoder=encoder,
        embedded=Embedding.objects.filter(encoder=encoder).count(),
        pending=pending,
        failed=failed.count(),
        missing=pending + lost,
        index=index_state(encoder.pk),
    )


def finish_loading(encoder: Encoder) -> None:
    """Build the index of an encoder whose rows are loaded; it is then `ready`."""
    build_index(encoder.pk)
    Encoder.objects.filter(pk=encoder.pk, state=State.LOADING).update(state=State.READY)


def activate(version: str) -> Encoder:
    """Make it the one that searches go by. Refused while it would lose a photo.

    Raises RolloutRefused, or EncoderError when its files cannot be used.
    """
    with transaction.atomic():
        encoder = _locked(version)
        if encoder.state == State.ACTIVE:
            return encoder
        if obstacles := status_of(encoder).obstacles:
            raise RolloutRefused(
                f"{version} cannot be activated: {'; '.join(obstacles)}. Run manage.py"
                f" encoder add {encoder.folder} (again); it goes on where it stopped."
            )
        return _switch_to(encoder)


def previous_encoder() -> Encoder | None:
    """What `rollback` goes back to: the last that was active, unless retired."""
    replaced = (
        live_encoders().exclude(state=State.ACTIVE).filter(replaced__isnull=False)
    )
    return replaced.order_by(F("replaced").desc()).first()


def rollback() -> Encoder:
    """Back to the encoder that was active before, at once, whatever it lacks.

    Raises RolloutRefused, or EncoderError when its files cannot be used.
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
    """Drop its vectors. Run again, it finishes what was interrupted.

    Raises RolloutRefused for the active one.
    """
    with transaction.atomic():
        encoder = _locked(version)
        if encoder.state == State.ACTIVE:
            raise RolloutRefused(
                f"{version} is active: searches go by it. Activate another one first."
            )
        encoder.state, encoder.replaced = State.RETIRED, None
        encoder.save(update_fields=["state", "replaced"])
        EmbeddingFailure.objects.filter(encoder=encoder).delete()
    # After the commit: whoever finds the partition gone sees that it was retired.
    drop_partition(encoder.pk)
    return encoder


def _lock() -> None:
    """One change of encoder at a time; searches and embedding go on."""
    list(Encoder.objects.order_by("pk").select_for_update(no_key=True))


def _locked(version: str) -> Encoder:
    _lock()
    return find_encoder(version)


def _switch_to(encoder: Encoder) -> Encoder:
    network_of(encoder)  # refuses what could not be searched with
    Encoder.objects.filter(state=State.ACTIVE).update(
        state=State.READY, replaced=timezone.now()
    )
    encoder.state = State.ACTIVE
    encoder.save(update_fields=["state"])
    return encoder
