import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionlens.settings")

application = get_wsgi_application()

# Keep the loaded modules out of garbage collection: they are never freed.
gc.collect()
gc.freeze()
