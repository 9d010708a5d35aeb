"""The history of a product; the theme's own list of all entries is left out."""

from auditlog.admin import LogEntryAdmin  # noqa: F401  (which registers the list)
from auditlog.models import LogEntry
from django.contrib import admin

admin.site.unregister(LogEntry)
