import pytest
from celery import current_app
from django.conf import settings

from search.tasks import embed_pending, look_for_duplicates
from search.workers import NoWorker, count_workers


def worker(queue: str, processes: int) -> dict[str, object]:
    return {
        "queues": [{"name": queue}],
        "stats": {"pool": {"processes": [*range(processes)]}},
    }


@pytest.fixture
def workers(monkeypatch) -> dict[str, dict]:
    """The workers that answer, by name."""
    workers: dict[str, dict] = {}

    class Inspect:
        def __init__(self, destination=None, **options):
            self.answering = {
                name: each
                for name, each in workers.items()
                if destination is None or name in destination
            }

        def active_queues(self):
            return {name: each["queues"] for name, each in self.answering.items()}

        def stats(self):
            return {name: each["stats"] for name, each in self.answering.items()}

    monkeypatch.setattr(current_app.control, "inspect", Inspect)
    return workers


def test_only_processes_that_embed_are_counted(workers):
    workers["worker@here"] = worker(settings.EMBEDDING_QUEUE, 2)
    workers["upkeep@here"] = worker(settings.UPKEEP_QUEUE, 1)
    assert count_workers(patience_s=1) == 2


def test_a_shop_without_workers_that_embed_says_so(workers):
    workers["upkeep@here"] = worker(settings.UPKEEP_QUEUE, 1)
    with pytest.raises(NoWorker, match=r"manage\.py up"):
        count_workers(patience_s=1)


def test_each_kind_of_task_has_its_queue():
    for task, queue in [
        (embed_pending, settings.EMBEDDING_QUEUE),
        (look_for_duplicates, settings.UPKEEP_QUEUE),
    ]:
        route = current_app.amqp.router.route({}, task.name)
        assert route.get("queue", current_app.amqp.queues[queue]).name == queue
