from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Product
from catalog.tests.factories import make_product
from fashionlens.backoffice.overview import page as overview_page
from fashionlens.backoffice.overview.charts import HEIGHT, Plot
from search.models import (
    EmbeddingFailure,
    EmptySearch,
    Event,
    IndexPause,
    RecallMeasurement,
)
from search.tasks import embed_pending

MAX_QUERIES = 15


@pytest.fixture(autouse=True)
def activity_unknown():
    caches["process"].clear()


@pytest.fixture
def woken(monkeypatch) -> list[int]:
    """Return the list that each call of a worker is added to."""
    calls: list[int] = []
    monkeypatch.setattr("search.workers.wake_worker", lambda: calls.append(1))
    monkeypatch.setattr(overview_page, "wake_worker", lambda: calls.append(1))
    return calls


def workers(monkeypatch, number: int | None) -> None:
    monkeypatch.setattr(overview_page, "embedding_workers", lambda: number)


def fail(encoder, reason: str = "It is torn.") -> EmbeddingFailure:
    image = make_product(photo=True).images.get()
    fields = {"reason": reason, "last_try": timezone.now()}
    return EmbeddingFailure.objects.create(image=image, encoder=encoder, **fields)


def test_the_first_page_tells_whether_all_is_well(admin_client, fake_encoder, embed):
    make_product(photo=True)
    make_product(status="draft")
    embed()
    fail(fake_encoder)
    make_product(photo=True)
    event = {"listing": "photo", "query": "q", "position": 1}
    Event.objects.create(kind="impression", products=[1, 2, 3, 4], **event)
    Event.objects.create(kind="click", products=[2], **event)
    day = timezone.now().date()
    EmptySearch.objects.create(listing="words", words="spats", times=3, day=day)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = admin_client.get("/admin/")
    assert len(queries) <= MAX_QUERIES
    assert page.context["products"]["draft"] == 1
    assert page.context["products"]["all"] == 4
    figures = page.context["index"]
    assert (figures.photos, figures.searchable) == (3, 1)
    assert (figures.failed, figures.waiting) == (1, 1)
    assert figures.oldest < timedelta(minutes=1)
    assert page.context["activity"].click_percent == "25.0%"
    assert page.context["activity"].days[-1].searches == 1
    assert "spats" in page.text
    assert "It is torn." in page.text


def test_an_empty_shop_has_a_first_page(admin_client, fake_encoder):
    Product.objects.all().delete()
    assert admin_client.get("/admin/").status_code == 200


def test_recall_is_drawn_once_there_is_a_history(admin_client, fake_encoder):
    times = {f"{who}_p{n}_ms": 1.5 for who in ("index", "exact") for n in (50, 95)}
    counts = {
        "rows": 9,
        "sample": 5,
        "k": 10,
        "recall_p5": 0.9,
        "encoder": fake_encoder,
    }
    counts["encoder"] = fake_encoder
    RecallMeasurement.objects.create(recall_mean=0.98765, **counts, **times)
    assert admin_client.get("/admin/").context["recall"] is None
    RecallMeasurement.objects.create(recall_mean=0.99, **counts, **times)
    marks = admin_client.get("/admin/").context["recall"].marks
    assert [mark.caption.partition(": ")[2] for mark in marks] == ["98.8 %", "99.0 %"]


def test_workers_honour_the_pause(admin_client, admin_user, fake_encoder, woken):
    make_product(photo=True)
    admin_client.post("/admin/search/encoder/queue/pause/")
    assert IndexPause.objects.get().by == admin_user
    assert embed_pending() == 0
    assert "paused since" in admin_client.get("/admin/").text
    assert not woken
    admin_client.post("/admin/search/encoder/queue/resume/")
    assert woken
    assert embed_pending() == 1


def test_a_pause_ends_a_run_that_goes_on(fake_encoder, monkeypatch):
    from search.index import embed as embed_module

    monkeypatch.setattr(embed_module, "CHUNK", 1)
    for _ in range(3):
        make_product(photo=True)
    answers = iter([False, True, True])
    outcome = embed_module.embed_due(paused=lambda: next(answers))
    assert outcome.embedded == 1


@pytest.mark.parametrize(
    ("running", "words"),
    [(2, "at it"), (0, "No worker is running"), (None, "The broker does not answer")],
)
def test_a_retry_says_whether_a_worker_is_there(
    admin_client, fake_encoder, woken, monkeypatch, running, words
):
    workers(monkeypatch, running)
    failures = [fail(fake_encoder), fail(fake_encoder), fail(fake_encoder, "Too big.")]
    address = "/admin/search/embeddingfailure/"
    data = {"reason": failures[0].reason}
    page = admin_client.post(f"{address}retry-reason/", data, follow=True)
    assert words in page.text
    assert [f.pk for f in EmbeddingFailure.objects.all()] == [failures[2].pk]
    damaged = admin_client.post(f"{address}retry-reason/", {"reason": "\0"})
    assert damaged.status_code == 302
    data = {"action": "retry", "_selected_action": [failures[2].pk]}
    page = admin_client.post(address, data, follow=True)
    assert words in page.text
    assert not EmbeddingFailure.objects.exists()
    assert len(woken) == 3


def test_the_live_part_asks_the_workers(admin_client, fake_encoder, monkeypatch):
    make_product(photo=True)
    workers(monkeypatch, 0)
    page = admin_client.get("/admin/search/encoder/queue/live/")
    assert "No worker is running" in page.text


def test_a_plot_keeps_to_its_frame():
    plot = Plot.of("Days", ["1", "2", "3"], [0, 5, 10])
    assert [mark.height for mark in plot.marks] == [0, (HEIGHT - 8) / 2, HEIGHT - 8]
    assert Plot.of("None", [], []).marks == []
    assert Plot.of("Flat", ["1"], [0]).marks[0].height == 0
