"""Embedding by a real Celery worker with the real broker and network."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from catalog.models import ProductImage
from catalog.tests.factories import make_photo_bytes, make_product
from ml.encoder import WHOLE_PICTURE, Encoder
from search.index.embed import index_status
from search.models import Embedding
from search.query.kept_search import start_search
from search.query.start import Start
from search.tasks import wake_worker

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def worker(log: Path) -> Iterator[subprocess.Popen]:
    """Run a worker on this test's database, media folder and queue."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    environment = os.environ | {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "MEDIA_ROOT": settings.MEDIA_ROOT,
        "CELERY_QUEUE": settings.EMBEDDING_QUEUE,
    }
    options = "worker -c 2 --without-gossip --without-mingle --without-heartbeat"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "fashionlens", *options.split()],
            env=environment,
            cwd=settings.BASE_DIR,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(condition: Callable[[], bool], timeout_s: float = 90) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def test_a_saved_product_is_found_by_its_photo(tmp_path, monkeypatch):
    # One colour is no garment to the shipped encoder.
    monkeypatch.setattr(
        Encoder,
        "encode_garments",
        lambda self, image: (WHOLE_PICTURE, self.encode([image])),
    )
    with worker(tmp_path / "log"):
        others = [make_product(photo=True) for _ in range(3)]
        product = make_product(photo=make_photo_bytes("crimson", size=(300, 400)))
        wait_for(lambda: index_status()["embedded"] == 4)
    best = start_search(Start(photo=product.images.get().file.read())).results_page()[0]
    assert best.product == product
    assert best.product not in others
    assert best.distance < 0.01


def test_a_killed_worker_loses_no_photo_and_embeds_none_twice(tmp_path):
    log = tmp_path / "log"
    first = make_product(photo=True).images.get()
    ProductImage.objects.bulk_create(
        ProductImage(
            product=first.product, file=first.file.name, sha256=f"{n:064}", position=n
        )
        for n in range(1, 500)
    )
    with worker(log) as victim:
        wake_worker(times=2)
        wait_for(lambda: Embedding.objects.exists())
        os.killpg(victim.pid, signal.SIGKILL)
    assert 0 < Embedding.objects.count() < 500
    with worker(log):
        wake_worker()  # what the scheduler sends every minute
        wait_for(lambda: index_status()["pending"] == 0)
    assert Embedding.objects.count() == 500
    # A second row for a photo would have hit the primary key.
    assert b"IntegrityError" not in log.read_bytes()
