import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from catalog.models import Product, ProductImage
from catalog.tests.factories import make_product
from search.index.embed import embed_due
from search.index.tests.test_embed import break_file
from search.models import Embedding, EmbeddingFailure


def wait_for_waiting() -> None:
    """Wait until another connection waits for a lock."""
    end = time.monotonic() + 10
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < end, "nothing waits"
            time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_readable", [True, False])
@pytest.mark.parametrize(
    "delete",
    [
        lambda: ProductImage.objects.get().delete(),
        lambda: Product.objects.all().delete(),
    ],
    ids=["photo", "product"],
)
def test_a_photo_can_be_deleted_while_a_worker_embeds_it(
    fake_encoder, delete: Callable[[], object], is_readable: bool
):
    product = make_product(photo=True)
    if not is_readable:
        break_file(product.images.get())

    def run() -> None:
        try:
            delete()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            outcome = embed_due()
            deletion = threads.submit(run)
            wait_for_waiting()
        deletion.result()
    assert outcome.claimed == 1
    assert not ProductImage.objects.exists()
    assert not Embedding.objects.exists()
    assert not EmbeddingFailure.objects.exists()
