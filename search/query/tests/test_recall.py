import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.models import ProductImage
from catalog.tests.factories import make_product
from search.models import Embedding, RecallMeasurement
from search.query import recall
from search.tasks import measure_active_recall

pytestmark = pytest.mark.django_db


@pytest.fixture
def cloud(fake_encoder) -> np.ndarray:
    """Make 300 photos with random vectors."""
    product = make_product()
    images = ProductImage.objects.bulk_create(
        ProductImage(product=product, file="-", sha256=str(n), width=1, height=1)
        for n in range(300)
    )
    vectors = np.random.default_rng(1).normal(size=(300, 128))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    Embedding.objects.bulk_create(
        Embedding(encoder=fake_encoder, image=image, vector=vector)
        for image, vector in zip(images, vectors, strict=True)
    )
    return vectors


def test_a_good_index_finds_nearly_all(cloud, fake_encoder):
    found = recall.measure_recall(fake_encoder, sample=40)
    assert found.recall_mean >= 0.99
    assert (found.rows, found.sample, found.k) == (300, 40, 10)
    assert 0 < found.index_p50_ms <= found.index_p95_ms
    assert 0 < found.exact_p50_ms <= found.exact_p95_ms
    assert RecallMeasurement.objects.get() == found


def test_an_index_that_misses_is_seen(cloud, fake_encoder, monkeypatch):
    """Let the index look at nine rows for ten results."""

    def look_at_nine(k: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL hnsw.ef_search = 9; SET LOCAL hnsw.iterative_scan = off"
            )

    monkeypatch.setattr(recall, "set_search_breadth", look_at_nine)
    found = recall.measure_recall(fake_encoder, sample=100)
    assert found.recall_mean == pytest.approx(0.9)


def test_only_one_of_the_two_searches_uses_the_index(cloud, fake_encoder):
    with connection.execute_wrapper(explain := Explained()):
        recall.measure_recall(fake_encoder, sample=1)
    by_index, exactly = explain.plans
    assert f"e{fake_encoder.pk}_hnsw" in by_index
    assert "hnsw" not in exactly


class Explained:
    """Collects the plans of the queries that order by distance."""

    def __init__(self) -> None:
        self.plans: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        if "<=>" in sql:
            with context["connection"].connection.cursor() as cursor:
                rows = cursor.execute(f"EXPLAIN {sql}", params).fetchall()
                self.plans.append("\n".join(row[0] for row in rows))
        return execute(sql, params, many, context)


def test_recall_compares_distances_so_that_copies_count():
    exactly = np.array([0.1, 0.2, 0.2])
    assert recall._recall(np.array([0.1, 0.2, 0.2 + 1e-9]), exactly) == 1
    assert recall._recall(np.array([0.1, 0.2, 0.3]), exactly) == pytest.approx(2 / 3)
    assert recall._recall(np.array([0.1]), exactly) == pytest.approx(1 / 3)


def test_the_planner_settings_are_restored(cloud, fake_encoder):
    recall.measure_recall(fake_encoder, sample=1)
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)


def test_the_command_prints_one_object(cloud, capsys):
    call_command("measure_recall", sample=5, json=True)
    figures = json.loads(capsys.readouterr().out)
    assert figures["encoder"] == "fake-1"
    assert figures["recall_mean"] > 0.9
    call_command("measure_recall", sample=5)
    assert "recall@10  mean" in capsys.readouterr().out
    assert RecallMeasurement.objects.count() == 2


@pytest.mark.parametrize("options", [{"sample": 0}, {"k": 0}, {"k": 101}])
def test_numbers_out_of_bounds_are_refused(fake_encoder, options):
    with pytest.raises(CommandError, match="from 1 to"):
        call_command("measure_recall", **options)


def test_an_empty_index_cannot_be_measured(fake_encoder):
    with pytest.raises(CommandError, match=r"manage\.py embed"):
        call_command("measure_recall")
    measure_active_recall()  # nor is it an error of the scheduler's
    assert not RecallMeasurement.objects.exists()


def test_the_scheduler_measures_the_active_encoder(cloud, fake_encoder, settings):
    measure_active_recall()
    assert RecallMeasurement.objects.get().encoder == fake_encoder
    tasks = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert measure_active_recall.name in tasks


def test_the_history_in_the_admin_is_read_only(cloud, admin_client):
    measure_active_recall()
    row = RecallMeasurement.objects.get()
    page = admin_client.get("/admin/search/recallmeasurement/")
    assert f"{row.recall_mean:.1%}" in page.text
    assert admin_client.get("/admin/search/recallmeasurement/add/").status_code == 403
