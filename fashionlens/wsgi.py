import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from fashionlens.logs import telemetry
from fashionlens.postgres.base import DatabaseWrapper

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionlens.settings")

telemetry.start()
DatabaseWrapper.deadline_s = settings.WEB_DATABASE_DEADLINE_S
application = get_wsgi_application()

# Keep the loaded modules out of garbage collection: they are never freed.
gc.collect()
gc.freeze()
