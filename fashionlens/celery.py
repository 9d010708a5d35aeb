import os

from celery import Celery

from fashionlens.health import scheduler  # noqa: F401  (it listens to signals)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionlens.settings")

app = Celery("fashionlens")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
