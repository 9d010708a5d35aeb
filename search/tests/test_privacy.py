"""Nothing of a shopper's photo is kept on disk, in the cache or at the broker.

The network is the real one, and the broker logs to disk like a shop's embedded one.
"""

import hashlib
import io
import tempfile
from collections.abc import Callable
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from catalog.models import Category, ProductImage
from catalog.tests.factories import make_product
from ml.encoder import WHOLE_PICTURE, Encoder
from search.index.embed import embed_due
from search.query import start
from search.query.ranking import Ranking
from search.query.start import Origin
from search.tests.leaks import (
    LeakDetector,
    detect_leaks,
    log_to_disk,
    make_traces,
    noise,
    watched_folders,
)
from search.tests.shop import SEARCH, upload

pytestmark = pytest.mark.django_db
BOX = (0.25, 0.1, 0.8, 0.9)
LARGE = noise(1300, 1000)  # 3.9 MB: over what Django itself keeps in memory
HUGE = noise(1840, 1800)  # 9.9 MB, just under the limit
TOO_LARGE = noise(2400, 2000)


@pytest.fixture
def watch(tmp_path, monkeypatch):
    """Watch a shop with the shipped network and its own temporary folder."""
    server: redis.Redis = cache._cache.get_client()  # type: ignore[attr-defined]
    if "socket" not in settings.CELERY_BROKER_URL:
        pytest.skip("The broker's files are on another machine.")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    # Noise shows no garment, and a search for nothing would leave nothing.
    monkeypatch.setattr(
        Encoder,
        "encode_garments",
        lambda self, image: (WHOLE_PICTURE, self.encode([image])),
    )
    for number in range(6):
        photo = noise(60 + number, 80, "JPEG", quality=95)
        make_product(sku=f"p{number}", title="Noisy dress", photo=photo)
    embed_due()
    # The workers of a parallel run share the broker: one of these tests at a time.
    with (Path(settings.VAR) / "privacy.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        with log_to_disk(server):
            yield LeakDetector(watched_folders(temporary), server)
        cache.clear()


def picture_of(photo: bytes, box: tuple[float, ...] | None = None) -> Image.Image:
    picture = Image.open(io.BytesIO(photo)).convert("RGB")
    return start.Box(*box).crop(picture) if box else picture


def through_api(client, photo: bytes, **form: Any) -> None:
    found = client.post(SEARCH, {"photo": upload(photo), "page_size": 2, **form})
    assert found.status_code == 200, found.content
    query = f"{SEARCH}{found.json()['query']}/"
    for query_string in [
        "page=1",
        "category=dress",
        "words=noisy&facets=true",
        "like=p1",
    ]:
        assert client.get(f"{query}?{query_string}").status_code == 200


def as_the_body(client, photo: bytes, **form: Any) -> None:
    address = "&".join(
        [f"{SEARCH}?page_size=2"] + [f"{n}={v}" for n, v in form.items()]
    )
    found = client.post(address, photo, content_type="image/png")
    assert found.status_code == 200, found.content


def through_page(client, photo: bytes, **form: Any) -> None:
    fields = {"photo": SimpleUploadedFile("me.png", photo), **form}
    found = client.post("/search/", fields)
    assert found.status_code == 303
    for query_string in ["", "?category=dress", "?words=noisy", "?like=p1&dislike=p2"]:
        path = found.url.partition("?")[0]
        assert client.get(path + query_string).status_code == 200


def through_htmx(client, photo: bytes, **form: Any) -> None:
    fields = {"photo": SimpleUploadedFile("me.png", photo), **form}
    headers = {"HX-Request": "true"}
    assert client.post("/search/", fields, headers=headers).status_code == 200


WAYS_TO_SEARCH = [through_api, as_the_body, through_page, through_htmx]


@pytest.mark.parametrize("search_by", WAYS_TO_SEARCH)
@pytest.mark.parametrize(
    ("photo", "box"),
    [(noise(300, 400, "JPEG", quality=90), None), (LARGE, None), (LARGE, BOX)],
    ids=["small", "large", "crop"],
)
def test_a_search_leaves_nothing_of_its_photo(client, watch, search_by, photo, box):
    form = {"box": ",".join(map(str, box))} if box else {}
    with detect_leaks(watch):
        search_by(client, photo, **form)
    assert any(place.startswith("value") for place in watch.written)
    assert any(place.startswith("broker's") for place in watch.written)
    part, whole = picture_of(photo, box), picture_of(photo)
    traces = make_traces(photo, part) | make_traces(photo, whole)
    assert watch.leaks(traces) == []


@pytest.mark.parametrize("photo", [HUGE, TOO_LARGE], ids=["9.9 MB", "too large"])
@pytest.mark.parametrize("path", [SEARCH, "/search/"])
def test_no_upload_is_too_large_for_memory(client, watch, photo, path):
    with detect_leaks(watch):
        answer = client.post(path, {"photo": upload(photo)})
    assert answer.status_code in (200, 303) if photo is HUGE else (413, 422)
    assert watch.leaks({"bytes": photo[5000:5024]}) == []


def test_a_refused_photo_leaves_nothing(client, watch):
    photo = LARGE[: len(LARGE) // 2]
    with detect_leaks(watch):
        assert client.post(SEARCH, {"photo": upload(photo)}).status_code == 422
        assert client.post("/search/", {"photo": upload(photo)}).status_code == 422
    assert watch.leaks({"bytes": photo[5000:5024]}) == []


def test_a_photo_from_an_address_leaves_nothing(client, watch, monkeypatch):
    monkeypatch.setattr(start, "fetch_photo", lambda _: LARGE)
    address = "https://photos.example/holiday-4711.png"
    with detect_leaks(watch):
        assert client.post(SEARCH, {"address": address}).status_code == 200
        assert client.post("/search/", {"address": address}).status_code == 303
    wanted = make_traces(LARGE, picture_of(LARGE)) | {"address": b"holiday-4711"}
    assert watch.leaks(wanted) == []


def test_a_crop_of_a_products_photo_is_not_stored(client, watch):
    image = ProductImage.objects.filter(product__sku="p3").get()
    photo = image.file.read()
    picture = picture_of(photo, BOX)
    form = {"product": "p3", "box": ",".join(map(str, BOX))}
    with detect_leaks(watch):
        assert client.post(SEARCH, form).status_code == 200
        assert client.post("/search/", form).status_code == 303
    assert watch.leaks(make_traces(photo, picture)) == []


def test_only_the_vector_the_origin_and_the_ranking_are_kept(client, watch):
    query = client.post(SEARCH, {"photo": upload(LARGE)}).json()["query"]
    encoder, vectors, origin, key, first = cache.get(f"query:{query}")
    assert isinstance(encoder, int) and key == ""
    assert (vectors.shape, vectors.dtype) == ((len(origin.garments), 128), np.float32)
    assert origin == Origin(photo=True, garments=origin.garments)
    assert type(first) is Ranking
    assert all(isinstance(n, int | float) for hit in first.hits for n in hit)
    left_s = watch.broker.ttl(cache.make_key(f"query:{query}"))
    assert 0 < left_s <= 3600


def leak_to_cache(photo: bytes, picture: Image.Image) -> None:
    cache.set("leak", photo, 60)


def leak_pixels(photo: bytes, picture: Image.Image) -> None:
    cache.set("leak", np.asarray(picture.resize((128, 128), 2, reducing_gap=3.0)), 60)


def leak_preview(photo: bytes, picture: Image.Image) -> None:
    buffer = io.BytesIO()
    picture.resize((60, 80)).save(buffer, "JPEG", quality=60)
    cache.set("leak", {"preview": buffer.getvalue()}, 60)


def leak_hash(photo: bytes, picture: Image.Image) -> None:
    cache.set(f"seen:{hashlib.sha256(photo).hexdigest()}", 1, 60)


def leak_pixel_hash(photo: bytes, picture: Image.Image) -> None:
    cache.set("leak", hashlib.sha256(picture.tobytes()).digest(), 60)


def leak_short_file(photo: bytes, picture: Image.Image) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(photo)


def leak_to_media(photo: bytes, picture: Image.Image) -> None:
    picture.save(Path(settings.MEDIA_ROOT) / "leak.png")


def leak_through_storage(photo: bytes, picture: Image.Image) -> None:
    default_storage.save("leak.bin", io.BytesIO(photo))


def leak_to_the_queue(photo: bytes, picture: Image.Image) -> None:
    client = cache._cache.get_client()  # type: ignore[attr-defined]
    client.lpush("queue", photo[len(photo) // 2 :][:4000])
    client.delete("queue")  # taken by a worker: now only in the broker's log


def leak_to_the_database(photo: bytes, picture: Image.Image) -> None:
    Category.objects.filter(name=picture.tobytes().hex()[:8000]).exists()
    name = picture.resize((128, 128), 2, reducing_gap=3.0).tobytes().hex()
    Category.objects.filter(name=name).exists()


PLANTED_LEAKS: list[Callable[[bytes, Image.Image], None]] = [
    leak_to_cache,
    leak_pixels,
    leak_preview,
    leak_hash,
    leak_pixel_hash,
    leak_short_file,
    leak_to_media,
    leak_through_storage,
    leak_to_the_queue,
    leak_to_the_database,
]


@pytest.mark.parametrize("leak", PLANTED_LEAKS)
def test_a_planted_leak_is_detected(client, watch, monkeypatch, leak):
    """The tests above can fail."""
    encode = start._encode_garments

    def leaky(photo, network, box):
        leak(photo, picture_of(photo))
        return encode(photo, network, box)

    monkeypatch.setattr(start, "_encode_garments", leaky)
    with detect_leaks(watch):
        client.post(SEARCH, {"photo": upload(LARGE)})
    assert watch.leaks(make_traces(LARGE, picture_of(LARGE)))


def test_a_temporary_file_of_django_is_detected(client, watch, settings):
    """A large upload to another form than the search's goes through a file."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 100_000
    with detect_leaks(watch):
        client.post("/admin/login/", {"photo": upload(LARGE[:500_000])})
    assert any(str(tempfile.gettempdir()) in path for path in watch.opened)
