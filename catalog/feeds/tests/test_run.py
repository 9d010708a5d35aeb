"""Batches, failures and concurrent runs of an import."""

import errno
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import StringIO
from threading import Barrier, BrokenBarrierError

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.feeds import run
from catalog.feeds.store import products as store
from catalog.feeds.tests.feed_folder import COAT, HAT, HEAD
from catalog.locks import try_lock
from catalog.models import Category, FeedPhoto, Product, ProductImage

pytestmark = pytest.mark.django_db


def test_an_import_continues_after_a_full_disk(shop, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run, "BATCH_ROWS", 1)
    save = default_storage._save
    saved: list[str] = []

    def second_is_full(name, content):
        saved.append(name)
        return save(name, content) if len(saved) == 1 else full()

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "_save", second_is_full)
        with pytest.raises(CommandError, match=r"No space left.*same command again"):
            shop.feed(COAT, HAT)
    assert [p.sku for p in Product.objects.all()] == ["A1"]
    assert "1 products created, 0 updated, 1 unchanged" in shop.run()


def test_the_number_of_queries_depends_on_batches(shop, django_assert_max_num_queries):
    rows = [f"A{n},Coat {n},Coats,1,red.jpg," for n in range(60)]
    with django_assert_max_num_queries(75):
        shop.feed(*rows)
    with django_assert_max_num_queries(35):
        shop.run()


@pytest.mark.django_db(transaction=True)
def test_concurrent_imports_create_each_product_once(shop, monkeypatch):
    # Hold each import before it stores, until the other has read what is known.
    both_ready, category = Barrier(2), store.category_of

    def wait_for_other(name: str) -> Category:
        with suppress(BrokenBarrierError):  # the lock holds the other
            both_ready.wait(timeout=0.5)
        return category(name)

    def run(feed_name: str) -> None:
        try:
            call_command(
                "import_feed", shop.path, feed_name=feed_name, stdout=StringIO()
            )
        finally:
            connection.close()

    monkeypatch.setattr(store, "category_of", wait_for_other)
    shop.path.write_text("\n".join([HEAD, COAT, HAT, ""]))
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(run, ["spring", "summer"]))
    assert (Product.objects.count(), ProductImage.objects.count()) == (2, 3)
    assert FeedPhoto.objects.count() == 3


def test_a_feed_is_imported_once_at_a_time(shop):
    with try_lock("feed spring"), pytest.raises(CommandError, match="already"):
        shop.feed(COAT)
    assert not Product.objects.exists()
    shop.run(dry_run=True)
    shop.run()
    assert Product.objects.count() == 1
