import os

from celery import Celery

# They listen to signals.
from fashionlens.health import scheduler  # noqa: F401
from fashionlens.logs import telemetry  # noqa: F401

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionlens.settings")

app = Celery("fashionlens")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
