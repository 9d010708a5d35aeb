from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse

from search.models import (
    EmbeddingFailure,
    Encoder,
    Event,
    FoundNothing,
    RecallMeasurement,
)
from search.reporting import DAYS, Chart, report

REPORTED_DAYS = [7, DAYS, 90]


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows the machine writes: looked at here, changed by commands."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Encoder)
class EncoderAdmin(ReadOnlyAdmin):
    list_display = ["version", "state", "dimension", "created"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(EmbeddingFailure)
class EmbeddingFailureAdmin(ReadOnlyAdmin):
    """Deleting a failure makes the photo pending again."""

    list_display = ["image", "reason", "tries", "last_try", "encoder"]
    list_select_related = ["image", "encoder"]
    list_filter = ["encoder"]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The list of events is a report of them: nobody reads them one by one."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        days = request.GET.get("days", "")
        found = report(int(days) if days in map(str, REPORTED_DAYS) else DAYS)
        context = {
            **self.admin_site.each_context(request),
            "title": "Search report",
            "opts": self.opts,
            "report": found,
            "charts": [Chart.of(each) for each in found.lists if each.places],
            "choices": REPORTED_DAYS,
        }
        template = "admin/search/event/change_list.html"
        return TemplateResponse(request, template, context)


@admin.register(FoundNothing)
class FoundNothingAdmin(ReadOnlyAdmin):
    list_display = ["created", "listing", "words", "filters", "encoder"]
    list_filter = ["listing"]
    search_fields = ["words"]
    date_hierarchy = "created"


@admin.register(RecallMeasurement)
class RecallMeasurementAdmin(ReadOnlyAdmin):
    """The history that `manage.py measure_recall` and the scheduler write."""

    list_display = [
        "created",
        "encoder",
        "rows",
        "k",
        "recall_mean",
        "recall_p5",
        "index_p95_ms",
        "exact_p95_ms",
    ]
    list_select_related = ["encoder"]
    list_filter = ["encoder"]
