"""Django settings, read from the environment. An unsafe value stops the start.

With DEBUG=1 alone, the embedded PostgreSQL and Valkey are used, and all run-time files
are under FASHIONLENS_VAR (default `var/`).
"""

import os
import tempfile
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django_guid.integrations.celery import CeleryIntegration
from kombu import Queue

from fashionlens import embedded
from fashionlens.backoffice.theme import UNFOLD  # noqa: F401
from fashionlens.environment import (
    Environment,
    ensure_cache_address,
    read_redis_tls,
)
from fashionlens.logs.configuration import FORMATS, logging_settings
from fashionlens.postgres.address import read_database

env = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent

# Paths ---------------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
VAR = Path(env.str("FASHIONLENS_VAR", str(BASE_DIR / "var"))).absolute()
PORT = env.int("FASHIONLENS_PORT", 8000)
PHOTOS = env.str("FASHIONLENS_PHOTOS", "")

# A missing variable must not move a production shop to the embedded database.
EXTERNAL = {
    name: env.str(name, "") for name in ("DATABASE_URL", "REDIS_URL", "MEDIA_ROOT")
}
STORAGE_URL = env.str("STORAGE_URL", "")
EMBEDDED = not EXTERNAL["DATABASE_URL"] and not EXTERNAL["REDIS_URL"]
_missing = [
    name
    for name, value in EXTERNAL.items()
    if not value and not (name == "MEDIA_ROOT" and STORAGE_URL)
]
if not DEBUG and _missing:
    raise ImproperlyConfigured(
        f"Set {', '.join(_missing)}: without DEBUG, FashionLens does not use its"
        " embedded servers and folders. For development set DEBUG=1 instead, as"
        " `make demo` does."
    )
if not EMBEDDED and not (EXTERNAL["DATABASE_URL"] and EXTERNAL["REDIS_URL"]):
    raise ImproperlyConfigured(
        f"Set {' and '.join(n for n in ('DATABASE_URL', 'REDIS_URL') if n in _missing)}"
        " too: FashionLens uses both embedded servers or neither."
    )


# Security ---------------------------------------------------------------------


def _secret_key() -> str:
    """Return SECRET_KEY; with DEBUG, generate one on first use and keep it in VAR."""
    if key := env.raw("SECRET_KEY"):
        return key
    if not DEBUG:
        raise ImproperlyConfigured("Set SECRET_KEY to a long, random, private text.")
    path = VAR / "secret_key"
    if not path.exists():
        VAR.mkdir(parents=True, exist_ok=True)
        # Two processes may start at once: link a complete file, and let the first win.
        with (
            tempfile.NamedTemporaryFile("w", dir=VAR) as file,
            suppress(FileExistsError),
        ):
            file.write(get_random_secret_key())
            file.flush()
            os.link(file.name, path)
    return path.read_text()


SECRET_KEY = _secret_key()
# 127.0.0.1: the health check of a container requests itself.
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[]), "127.0.0.1"]
if DEBUG:
    ALLOWED_HOSTS += ["localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
_HTTPS = env.bool("BEHIND_HTTPS_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _HTTPS
SECURE_REDIRECT_EXEMPT = [r"(^|/)(healthz|readyz|metrics)$"]  # behind the proxy
# Sent over HTTPS only. Browsers remember it, so the default is one hour.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 3600)
# HSTS for subdomains (W005) and preloading (W021) are the domain owner's decision.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
# No inline script or style. Previews of photos are blob: and data: addresses.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "manifest-src 'self'",
        "font-src 'self'",  # of the admin, its icons
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
# The theme of the admin computes the expressions in its templates; Alpine
# without eval is in no Python package.
ADMIN_SECURITY_POLICY = CONTENT_SECURITY_POLICY.replace(
    "script-src 'self'", "script-src 'self' 'unsafe-eval'"
)
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        *("camera", "display-capture", "geolocation", "microphone", "midi"),
        *("payment", "publickey-credentials-get", "serial", "usb"),
    )
)

# Login ------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Counted for a name and an address together: nobody can lock out the staff from
# elsewhere. RATE_LIMITS slows down an address that tries many names.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "fashionlens.rate_limits.client_address"
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_DISABLE_ACCESS_LOG = True  # of successful logins
AXES_VERBOSE = False

# Applications -----------------------------------------------------------------

INSTALLED_APPS = [
    "fashionlens",
    "fashionlens.storefront",
    "fashionlens.backoffice",
    "fashionlens.demo",
    "fashionlens.identity",
    "fashionlens.keys",
    "fashionlens.languages",
    "fashionlens.phone",
    "fashionlens.webhooks",
    "search",
    "catalog",
    "catalog.idempotency",
    "unfold",  # the admin's theme, below the files of backoffice that replace its own
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "auditlog",
    "axes",
    "corsheaders",
    "django_guid",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]
# Access to /metrics; empty: there are no metrics.
METRICS_TOKEN = env.raw("METRICS_TOKEN")
ACCESS_LOG = env.bool("ACCESS_LOG", not DEBUG)
MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    *(["fashionlens.metrics.requests.RequestMetrics"] if METRICS_TOKEN else []),
    *(["fashionlens.logs.access.AccessLog"] if ACCESS_LOG else []),
    "django.middleware.security.SecurityMiddleware",
    # Before the headers of pages: a page loads a dozen files, which need none of them.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "fashionlens.middleware.SecurityHeaders",
    "corsheaders.middleware.CorsMiddleware",
    "fashionlens.keys.deprecation.DeprecationHeaders",
    "fashionlens.storefront.http.html.CompressedHtml",
    "fashionlens.storefront.http.html.ConditionalHtml",
    "fashionlens.languages.middleware.PageLanguage",
    "fashionlens.middleware.RateLimits",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "fashionlens.middleware.RequestLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "fashionlens.storefront.middleware.DatabaseAnswers",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "fashionlens.urls"
WSGI_APPLICATION = "fashionlens.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fashionlens.identity.context_processors.identity",
                "fashionlens.storefront.context_processors.categories",
                "fashionlens.storefront.context_processors.staff",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "fashionlens.languages.templatetags.languages",
            ],
        },
    },
]

# Database ---------------------------------------------------------------------

# No "options" of the connection: PgBouncer refuses them. JIT is switched off in the
# database (fashionlens.postgres.jit), and options of the HNSW index are set in each
# transaction (search.query.nearest).
PGBOUNCER = env.bool("PGBOUNCER", False)
DATABASES = {
    "default": embedded.database_settings(VAR)
    if EMBEDDED
    else read_database(EXTERNAL["DATABASE_URL"], pooled=PGBOUNCER)
}
# Searches, lists and words are read there while it is at most so far behind.
DATABASE_REPLICA_URL = env.str("DATABASE_REPLICA_URL", "")
REPLICA_MAX_LAG_S = env.int("REPLICA_MAX_LAG_S", 10)
if REPLICA_MAX_LAG_S < 1:
    raise ImproperlyConfigured(
        f"REPLICA_MAX_LAG_S is {REPLICA_MAX_LAG_S}. Set it to 1 second or more."
    )
if DATABASE_REPLICA_URL:
    DATABASES["replica"] = read_database(
        DATABASE_REPLICA_URL, pooled=PGBOUNCER, variable="DATABASE_REPLICA_URL"
    )
    DATABASE_ROUTERS = ["fashionlens.postgres.replica.router.ReplicaRouter"]
    MIDDLEWARE.insert(0, "fashionlens.postgres.replica.router.ReplicaReads")
for _alias, _engine in {
    "default": "fashionlens.postgres",
    "replica": "fashionlens.postgres.replica",
}.items():
    if not (_database := DATABASES.get(_alias)):
        continue
    _database |= {
        "ENGINE": _engine,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A server whose machine has gone is given up by TCP.
        "OPTIONS": {
            "connect_timeout": 3,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            **_database.get("OPTIONS", {}),
        },
    }
# How long a page waits for one answer of the database. The page is then a 503.
WEB_DATABASE_DEADLINE_S = 5.0
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Broker and cache -------------------------------------------------------------


def _redis_db(url: str, db: int) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{db}"))


if EMBEDDED:
    CELERY_BROKER_URL = embedded.broker_url(VAR)
    _cache_url = embedded.cache_url(VAR)
else:
    CELERY_BROKER_URL = EXTERNAL["REDIS_URL"]
    if CELERY_BROKER_URL.startswith("rediss:"):
        # Without this Celery would not verify the certificate.
        CELERY_BROKER_USE_SSL = read_redis_tls("REDIS_URL", CELERY_BROKER_URL)
        CELERY_BROKER_URL = CELERY_BROKER_URL.partition("?")[0]
    # A separate database: clearing the cache must not clear the queue.
    _cache_url = env.str("CACHE_URL", _redis_db(EXTERNAL["REDIS_URL"], 1))
    ensure_cache_address("CACHE_URL" if "CACHE_URL" in env else "REDIS_URL", _cache_url)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _cache_url,
        "KEY_PREFIX": "fashionlens",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    },
    # For values that may be a minute old and differ between processes.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# Acknowledging a task by a connection that was lost ends the worker (kombu 5.7).
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
# A photo must not wait for tasks of minutes, such as the search for duplicates. Without
# `--queues` a worker serves both.
EMBEDDING_QUEUE = env.str("CELERY_QUEUE", "fashionlens")
UPKEEP_QUEUE = f"{EMBEDDING_QUEUE}-upkeep"
CELERY_TASK_QUEUES = [
    Queue(name, routing_key=name) for name in (EMBEDDING_QUEUE, UPKEEP_QUEUE)
]
CELERY_TASK_DEFAULT_QUEUE = UPKEEP_QUEUE
CELERY_TASK_ROUTES = {
    "search.tasks.embed_pending": {"queue": EMBEDDING_QUEUE},
    "catalog.tasks.refresh_pending_words": {"queue": EMBEDDING_QUEUE},
    "fashionlens.webhooks.tasks.send_webhooks": {"queue": EMBEDDING_QUEUE},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Saving a product must not wait for a broker that is down; the sweep finds the product.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "max_retries": 1,
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "search.tasks.embed_pending",
        "schedule": 60.0,
        "options": {"expires": 60},  # the next one does the same
    },
    "resume": {
        "task": "catalog.tasks.resume_upkeep",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "renditions": {
        "task": "catalog.tasks.draw_renditions",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "duplicates": {
        "task": "search.tasks.look_for_duplicates",
        "schedule": crontab(hour=3, minute=0),
    },
    "feeds": {
        "task": "catalog.tasks.import_feeds",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "feed_addresses": {
        "task": "catalog.tasks.fetch_feeds",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "words": {"task": "catalog.tasks.refresh_pending_words", "schedule": 60.0},
    "sales": {
        "task": "catalog.tasks.begin_and_end_sales",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "all_words": {
        "task": "catalog.tasks.refresh_all_words",
        "schedule": crontab(hour=2, minute=30),
    },
    "variants": {
        "task": "catalog.tasks.complete_variants",
        "schedule": crontab(hour=2, minute=0),
    },
    "looks": {
        "task": "search.tasks.learn_words",
        "schedule": crontab(hour=3, minute=15),
    },
    "webhooks": {
        "task": "fashionlens.webhooks.tasks.send_webhooks",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "forget_webhooks": {
        "task": "fashionlens.webhooks.tasks.forget_webhooks",
        "schedule": crontab(hour=3, minute=45),
    },
    "idempotency": {
        "task": "catalog.tasks.forget_idempotency_keys",
        "schedule": crontab(minute=20),
    },
    "history": {
        "task": "catalog.tasks.forget_history",
        "schedule": crontab(hour=3, minute=50),
    },
    "drafts": {
        "task": "catalog.tasks.forget_drafts",
        "schedule": crontab(minute=25),
    },
    "trash": {
        "task": "catalog.tasks.delete_trash",
        "schedule": crontab(hour=3, minute=40),
    },
    "forget": {
        "task": "search.tasks.forget_old_events",
        "schedule": crontab(hour=3, minute=30),
    },
    "media": {
        "task": "catalog.tasks.repair_media",
        "schedule": crontab(day_of_week="sun", hour=4, minute=30),
    },
    "recall": {
        "task": "search.tasks.measure_active_recall",
        "schedule": crontab(hour=4, minute=0),
    },
}
CELERY_TIMEZONE = "UTC"

# Files ------------------------------------------------------------------------

MEDIA_ROOT = EXTERNAL["MEDIA_ROOT"] or str(VAR / "media")
# The shop below a path of its host, such as /shop.
FORCE_SCRIPT_NAME = env.path_prefix("SCRIPT_NAME")
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = FORCE_SCRIPT_NAME or "/"
MEDIA_URL = env.folder_url("MEDIA_URL", f"{FORCE_SCRIPT_NAME or ''}/media/")
STATIC_ROOT = env.str("STATIC_ROOT", str(VAR / "static"))
STATIC_URL = env.folder_url("STATIC_URL", f"{FORCE_SCRIPT_NAME or ''}/static/")
WHITENOISE_STATIC_PREFIX = "/static/"  # below SCRIPT_NAME, and behind a CDN
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG


def _photo_storage() -> dict[str, Any]:
    if not STORAGE_URL:
        return {"BACKEND": "catalog.photos.storage.AtomicFileSystemStorage"}
    try:
        module = import_module("catalog.photos.object_storage")
    except ImportError as error:
        raise ImproperlyConfigured(
            "STORAGE_URL is set, but its packages are missing: pip install -r"
            " requirements-s3.txt"
        ) from error
    return {
        "BACKEND": "catalog.photos.object_storage.ObjectStorage",
        "OPTIONS": module.storage_options(STORAGE_URL),
    }


STORAGES = {
    "default": _photo_storage(),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# A photo of 10 MB (ml.preprocess.MAX_BYTES) and the other fields of a form.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 50
FILE_UPLOAD_HANDLERS = [
    "catalog.photos.upload_handlers.BoundedUploads",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# History ----------------------------------------------------------------------

# Days to keep what was changed, when and by whom.
HISTORY_DAYS = env.int("HISTORY_DAYS", 365)
if HISTORY_DAYS < 1:
    raise ImproperlyConfigured(
        f"HISTORY_DAYS is {HISTORY_DAYS}. Set it to 1 day or more."
    )
# Products are recorded by catalog.history, all at once.
AUDITLOG_INCLUDE_TRACKING_MODELS = (
    *("catalog.Category", "catalog.Synonym", "catalog.FeedSource"),
    "identity.Page",
    # The history holds text, and the logo is a file.
    {"model": "identity.Shop", "exclude_fields": ["logo"]},
)
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_DISABLE_REMOTE_ADDR = True

# Search -----------------------------------------------------------------------

# What the index is built as; searches use the one that is there.
QUANTISED_INDEX = env.bool("QUANTISED_INDEX", False)
ENCODER_RUNTIME = env.str("ENCODER_RUNTIME", "onnx")
if ENCODER_RUNTIME not in ("onnx", "keras"):
    raise ImproperlyConfigured(
        f"ENCODER_RUNTIME is {ENCODER_RUNTIME!r}. Set it to onnx or keras."
    )
QUERY_TTL_S = 3600
# Whether searches show one product of a style, whatever its colours.
COLLAPSE_GROUPS = env.bool("COLLAPSE_GROUPS", False)
# Of all prices; it stays when there are products.
CURRENCY = env.currency("CURRENCY", "EUR")
# Kinds of garment for category names that are not English:
# OUTFIT_KINDS=hemden=shirt,hosen=pants
OUTFIT_KINDS = env.dict("OUTFIT_KINDS", default={})
# Days to keep events (shown, clicked, added to the cart); 0 records none.
EVENTS_DAYS = env.int("EVENTS_DAYS", 90)
if EVENTS_DAYS < 0:
    raise ImproperlyConfigured(
        f"EVENTS_DAYS is {EVENTS_DAYS}. Set it to a number of days, 0 for none."
    )
# Allow searches by the web address of a photo, which the server then fetches.
SEARCH_ADDRESSES = env.bool("SEARCH_ADDRESSES", False)

# Rate limits ------------------------------------------------------------------

# For each client address, pages and API together.
SEARCH_RATE = env.rate("SEARCH_RATE", "" if DEBUG else "600/min")
BROWSE_RATE = env.rate("BROWSE_RATE", "" if DEBUG else "1200/min")
RATE_LIMITS = {
    "search": SEARCH_RATE,
    "refinements": BROWSE_RATE,
    "words": BROWSE_RATE,
    "suggestions": BROWSE_RATE,
    "events": BROWSE_RATE,
    # It encodes a picture, and needs no more than a probe each second.
    "readyz": BROWSE_RATE and "60/min",
    "login": "30/min",
}
# All requests of one secret key; a key may have its own limit.
API_KEY_RATE = env.rate("API_KEY_RATE", "" if DEBUG else "1200/min")
# Without a proxy that sets it, X-Forwarded-For can be forged by the client.
NUM_PROXIES = env.int("NUM_PROXIES", 1 if SECURE_PROXY_SSL_HEADER else 0)

# API --------------------------------------------------------------------------

# Allow webhooks to addresses inside the network of the shop, and on any port.
WEBHOOKS_PRIVATE = env.bool("WEBHOOKS_PRIVATE", False)
# Whether reading and searching needs no key.
API_ANONYMOUS = env.bool("API_ANONYMOUS", True)
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "fashionlens.keys.schema.KeySchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "fashionlens.keys.authentication.KeyAuthentication"
    ],
    "DEFAULT_PERMISSION_CLASSES": ["fashionlens.keys.permissions.KeyPermission"],
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "catalog.api.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Other origins whose pages may use the API:
# CORS_ALLOWED_ORIGINS=https://shop.example,https://app.example
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOWED_ORIGIN_REGEXES = (
    [r"^http://(localhost|127\.0\.0\.1)(:\d+)?$"] if DEBUG else []
)
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS", "POST"]
CORS_EXPOSE_HEADERS = [
    *("Deprecation", "ETag", "Link", "RateLimit", "RateLimit-Policy", "Retry-After"),
    "Sunset",
]
SPECTACULAR_SETTINGS = {
    "TITLE": "FashionLens API",
    "DESCRIPTION": (
        "The products of a shop, and visual search among them. Reading needs no key,"
        " unless the shop wants one; writing needs a secret key of the admin. Every"
        " error is problem JSON (RFC 9457) with a stable `code`. An unknown parameter"
        " is an error. Answers say in `RateLimit` how many requests are left. What will"
        " be gone says so half a year before, in `Deprecation` and `Sunset`."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SERVERS": [{"url": "/", "description": "This shop"}],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ProductStatus": "catalog.models.Product.Status",
        "ImportState": "catalog.feeds.runs.models.FeedRun.State",
        "EncoderState": "search.models.Encoder.State",
        "BulkStatus": "catalog.api.bulk.STATUSES",
    },
    "TAGS": [
        {
            "name": "about",
            "description": "The addresses to start from",
        },
        {"name": "catalogue", "description": "Products and categories"},
        {
            "name": "search",
            "description": "Search by photo, recommendations, events",
        },
        {"name": "photos", "description": "The photos of products"},
        {"name": "imports", "description": "Feeds that are imported"},
        {"name": "index", "description": "The index and its encoders"},
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # The validator badge would send every visitor's browser to swagger.io.
    "SWAGGER_UI_SETTINGS": {"validatorUrl": None, "deepLinking": True},
    "REDOC_DIST": "SIDECAR",
}

# Language and time ------------------------------------------------------------

LANGUAGE_CODE = "en-gb"  # of the admin, the API and commands
LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # of the pages
LOCALE_PATHS = [BASE_DIR / "locale"]
# Of the products' texts: stems, stop words and synonyms of searches by words. A text
# search configuration of Postgres, or the code of its language.
SHOP_LANGUAGE = env.text_language("SHOP_LANGUAGE", "english")
# The language of pages whose address names none.
PAGES_LANGUAGE = "de" if SHOP_LANGUAGE == "german" else "en"
TIME_ZONE = "UTC"
USE_TZ = True

# Logs -------------------------------------------------------------------------

LOG_FORMAT = env.str("LOG_FORMAT", "line")
if LOG_FORMAT not in FORMATS:
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}. Set it to line or json.")
# Queries that take longer are logged; 0 logs none.
SLOW_QUERY_MS = env.int("SLOW_QUERY_MS", 1000)
# A request keeps its id in the tasks that it sends.
DJANGO_GUID = {
    "GUID_HEADER_NAME": "X-Request-ID",
    "EXPOSE_HEADER": False,  # it would replace the headers of corsheaders
    "INTEGRATIONS": [CeleryIntegration(use_django_logging=True)],
}
LOGGING = logging_settings(format=LOG_FORMAT, level=env.log_level("LOG_LEVEL", "INFO"))
if METRICS_TOKEN:
    # The processes of one host add up their figures in files.
    METRICS_DIR = VAR / "metrics"
    METRICS_DIR.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(METRICS_DIR))
