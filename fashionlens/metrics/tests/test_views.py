import pytest
from django.core.cache import caches
from prometheus_client.parser import text_string_to_metric_families

from catalog.tests.factories import make_product
from fashionlens.metrics import shop
from search.index.encoders import active_encoder
from search.models import EmbeddingFailure, RecallMeasurement

TOKEN = {"HTTP_AUTHORIZATION": "Bearer long and private"}


@pytest.fixture(autouse=True)
def token(settings, monkeypatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    settings.METRICS_TOKEN = "long and private"
    settings.MIDDLEWARE = [
        "fashionlens.metrics.requests.RequestMetrics",
        *settings.MIDDLEWARE,
    ]
    caches["process"].set("workers", {"photos": 2})
    yield
    caches["process"].delete("workers")


def figures(client) -> dict[str, dict[tuple, float]]:
    response = client.get("/metrics", **TOKEN)
    assert response.status_code == 200
    found: dict[str, dict[tuple, float]] = {}
    for family in text_string_to_metric_families(response.content.decode()):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_without_a_token_there_are_no_metrics(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer longer", "long and private"])
def test_another_token_is_refused(client, given):
    assert client.get("/metrics", HTTP_AUTHORIZATION=given).status_code == 401


@pytest.mark.django_db
def test_the_index_and_the_queue_are_told(client):
    make_product(photo=True)
    encoder = active_encoder()
    found = figures(client)
    assert found["fashionlens_photos"] == {(): 1}
    assert found["fashionlens_pending"] == {(): 1}
    assert found["fashionlens_oldest_pending_seconds"][()] >= 0
    assert found["fashionlens_encoder_info"] == {(("version", encoder.version),): 1}
    assert found["fashionlens_workers"] == {(("queue", "photos"),): 2}
    assert "fashionlens_queue_length" in found
    assert "fashionlens_cache_hits_total" in found
    assert "fashionlens_metrics_missing" not in found


@pytest.mark.django_db
def test_failures_and_recall_are_told(client):
    image = make_product(photo=True).images.get()
    encoder = active_encoder()
    EmbeddingFailure.objects.create(
        image=image, encoder=encoder, reason="too dark", last_try="2026-01-01T00:00Z"
    )
    times = ("index_p50_ms", "index_p95_ms", "exact_p50_ms", "exact_p95_ms")
    RecallMeasurement.objects.create(
        encoder=encoder,
        rows=1,
        sample=1,
        k=10,
        recall_mean=0.987,
        recall_p5=0.9,
        **dict.fromkeys(times, 1.0),
    )
    found = figures(client)
    assert found["fashionlens_embedding_failures"] == {(("reason", "too dark"),): 1}
    assert found["fashionlens_index_recall"] == {(): 0.987}


@pytest.mark.django_db
def test_a_part_that_fails_does_not_hide_the_others(client, monkeypatch):
    def fail() -> int:
        raise ConnectionError("no broker")

    monkeypatch.setattr(shop, "count_workers", fail)
    found = figures(client)
    assert found["fashionlens_metrics_missing"] == {(("part", "workers"),): 1}
    assert "fashionlens_photos" in found


@pytest.mark.django_db
def test_requests_are_counted_by_view_and_not_by_address(client):
    key = ("method", "GET"), ("status", "404"), ("view", "none")
    name = "fashionlens_request_seconds_count"
    before = figures(client)[name].get(key, 0)
    for path in ("/no/such/page-1", "/no/such/page-2"):
        client.get(path)
    client.generic("BREW", "/healthz")
    counts = figures(client)[name]
    assert counts[key] == before + 2
    health = (
        ("method", "other"),
        ("status", "200"),
        ("view", "fashionlens.health.views.healthz"),
    )
    assert counts[health] >= 1
