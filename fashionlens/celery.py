import logging
import os
import threading
import time
from typing import Any

from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionlens.settings")

log = logging.getLogger(__name__)

app = Celery("fashionlens")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class Watchdog(bootsteps.StartStopStep):
    """End a worker whose event loop has stood still for two minutes.

    When the broker goes away, a worker of Celery 5.7 sometimes can neither go on nor
    end. Whatever started it starts another one.
    """

    requires = {"celery.worker.components:Pool"}
    period_s, max_missed = 5.0, 24

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._missed = 0

    def include_if(self, worker: Any) -> bool:
        # In other pools tasks run in this process, and the loop waits for them.
        return "prefork" in worker.pool_cls.__module__

    def start(self, worker: Any) -> None:
        worker.timer.call_repeatedly(self.period_s, self._turn)
        threading.Thread(target=self._watch, daemon=True).start()

    def _turn(self) -> None:
        self._missed = 0

    def _watch(self) -> None:
        while self._missed < self.max_missed:
            time.sleep(self.period_s)
            self._missed += 1
        log.critical("The worker has stood still for two minutes and ends.")
        os._exit(1)


app.steps["worker"].add(Watchdog)
