import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionlens.settings")

application = get_wsgi_application()

# What is loaded now stays: no use in looking through it for garbage again and again.
gc.collect()
gc.freeze()
