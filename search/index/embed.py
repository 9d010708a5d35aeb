"""Embed photos: claim, read, encode and store them."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from PIL import Image

from catalog.announcements.signals import photos_failed, photos_indexed
from catalog.models import ProductImage
from ml.encoder import Encoder as Network
from ml.encoder import EncoderError, Seen
from ml.preprocess import PhotoError, read_photo
from search.index.attributes import name_attributes
from search.index.colours import name_colours
from search.index.encoders import active_encoder, live_encoders, network_of
from search.models import (
    Embedding,
    EmbeddingFailure,
    Encoder,
    Photo,
    UrgentPhoto,
)

log = logging.getLogger(__name__)

CHUNK = 32  # photos in a transaction
# Ids looked up at once, so that the query for pending work runs once in 16 chunks.
WINDOW = 16 * CHUNK
# The same for an encoder that is not active: about a second of work, after which the
# active encoder's new photos have their turn.
INACTIVE_WINDOW = 4 * CHUNK


@dataclass
class Outcome:
    embedded: int = 0
    failed: int = 0

    @property
    def claimed(self) -> int:
        return self.embedded + self.failed


def embed_due(
    *,
    encoder: Encoder | None = None,
    progress: Callable[[int], object] = lambda photos: None,
    paused: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Embed every due photo, for one encoder or for all that are not retired.

    Calls `progress` with the size of each chunk, and ends when `paused` says so. Any
    number of processes may do this at once: each photo is claimed by one of them (SKIP
    LOCKED), and a process that dies loses its claims with its connection.
    """
    if encoder is None:
        active_encoder()
    outcome = Outcome()
    while not paused() and any(
        _embed_window(each, outcome, progress, paused) for each in _by_urgency(encoder)
    ):
        pass  # begin with the active encoder again: shoppers wait for its vectors
    return outcome


def _by_urgency(encoder: Encoder | None) -> list[Encoder]:
    rows = live_encoders().filter(pk=encoder.pk) if encoder else live_encoders()
    return sorted(rows, key=lambda each: (each.state != Encoder.State.ACTIVE, each.pk))


def _embed_window(
    encoder: Encoder,
    outcome: Outcome,
    progress: Callable[[int], object],
    paused: Callable[[], bool],
) -> bool:
    active = encoder.state == Encoder.State.ACTIVE
    due = Photo.objects.due(encoder).order_by("id").values_list("id", flat=True)
    ids = list(due[: WINDOW if active else INACTIVE_WINDOW])
    if not ids:
        return False
    try:
        network = network_of(encoder)
    except EncoderError as error:
        if active:
            raise
        log.error("Cannot embed photos for %s: %s", encoder, error)
        return False
    claimed = 0
    for chunk in _embed_chunks(ids, encoder, network):
        outcome.embedded += chunk.embedded
        outcome.failed += chunk.failed
        claimed += chunk.claimed
        progress(chunk.claimed)
        if paused():
            return False
    return claimed > 0  # else other processes hold all that is due


def _embed_chunks(
    ids: list[int], encoder: Encoder, network: Network
) -> Iterator[Outcome]:
    """Embed the photos, and the urgent ones of the moment before each chunk."""
    for start in range(0, len(ids), CHUNK):
        while urgent := _urgent_ids(encoder):
            outcome = _embed_unless_retired(urgent, encoder, network)
            yield outcome
            if not outcome.claimed:
                break  # other processes hold them
        yield _embed_unless_retired(ids[start : start + CHUNK], encoder, network)


def _urgent_ids(encoder: Encoder) -> list[int]:
    if encoder.state != Encoder.State.ACTIVE:
        return []
    return list(UrgentPhoto.objects.values_list("image_id", flat=True)[:CHUNK])


def _embed_unless_retired(
    ids: list[int], encoder: Encoder, network: Network
) -> Outcome:
    try:
        return _embed_chunk(ids, encoder, network)
    except IntegrityError:  # the encoder's partition was dropped meanwhile
        if live_encoders().filter(pk=encoder.pk).exists():
            raise
        log.info("%s was retired: its photos are not embedded.", encoder)
        return Outcome()


@transaction.atomic
def _embed_chunk(ids: list[int], encoder: Encoder, network: Network) -> Outcome:
    photos = _claim(ids, encoder)
    readable: list[Photo] = []
    images: list[Image.Image] = []
    outcome = Outcome()
    for photo in photos:
        try:
            images.append(_read(photo, network.decode_side))
            readable.append(photo)
        except (PhotoError, OSError) as error:
            _record_failure(photo, encoder, error)
            outcome.failed += 1
    if readable:
        seen = network.encode_seen(images)
        Embedding.objects.bulk_create(
            Embedding(encoder=encoder, image_id=photo.id, vector=vector)
            for photo, vector in zip(readable, seen.vectors, strict=True)
        )
        _name_garments(readable, seen, network)
        EmbeddingFailure.objects.filter(
            encoder=encoder, image__in=[photo.id for photo in readable]
        ).delete()
    outcome.embedded = len(readable)
    if readable and encoder.state == Encoder.State.ACTIVE:
        found = [photo.id for photo in readable]
        photos_indexed.send(Encoder, photos=found, encoder=encoder.version)
    return outcome


def _name_garments(photos: list[Photo], seen: Seen, network: Network) -> None:
    """Store what is seen of the garments, except where somebody has chosen it."""
    named = name_colours(photos, seen, network)
    if network.attributes:
        named += name_attributes(photos, seen.vectors, network.attributes)
    if named:
        # Not Photo.objects: this manager keeps the words of products up to date.
        ProductImage.objects.bulk_update(named, ["colours", "kind", "pattern"])


def _claim(ids: list[int], encoder: Encoder) -> list[Photo]:
    """Lock and return the photos that no other process holds or has just tried.

    The lock also delays a replacement of the photo until its vector is stored.
    """
    locked = Photo.objects.filter(id__in=ids).select_for_update(
        skip_locked=True, no_key=True
    )
    photos = {photo.id: photo for photo in locked}
    if encoder.state == Encoder.State.ACTIVE:
        # At the end of this transaction each has a vector or a failure.
        UrgentPhoto.objects.filter(image__in=photos).delete()
    due = Photo.objects.due(encoder).filter(id__in=photos)
    return [photos[pk] for pk in due.order_by("id").values_list("id", flat=True)]


def _read(photo: Photo, side: int) -> Image.Image:
    with photo.file.open("rb") as file:
        return read_photo(file.read(), max_side=side)


def _record_failure(photo: Photo, encoder: Encoder, error: Exception) -> None:
    log.warning("Photo %s (%s) cannot be embedded: %s", photo.id, photo.file, error)
    failure, created = EmbeddingFailure.objects.get_or_create(
        image_id=photo.id,
        encoder=encoder,
        defaults={"reason": str(error)[:500], "last_try": timezone.now()},
    )
    if created and encoder.state == Encoder.State.ACTIVE:
        photos_failed.send(Encoder, photos=[photo.id], reason=failure.reason)
    if not created:
        failure.reason = str(error)[:500]
        failure.tries += 1
        failure.last_try = timezone.now()
        failure.save(update_fields=["reason", "tries", "last_try"])


def index_status(encoder: Encoder | None = None) -> dict[str, object]:
    encoder = encoder or active_encoder()
    photos = Photo.objects.count()
    embedded = Embedding.objects.filter(encoder=encoder).count()
    oldest = Photo.objects.pending(encoder).order_by("created").first()
    waited = timezone.now() - oldest.created if oldest else None
    return {
        "photos": photos,
        "embedded": embedded,
        "pending": Photo.objects.pending(encoder).count(),
        "failed": Photo.objects.failed(encoder).count(),
        "oldest_pending_s": round(waited.total_seconds(), 1) if waited else 0,
        "encoder": encoder.version,
    }
