from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse

from fashionlens.backoffice.read_only import ReadOnlyAdmin
from search.events.report import DAYS, Chart, build_report
from search.models import EmptySearch, Event

REPORTED_DAYS = [7, DAYS, 90]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """A report instead of the list of single events."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        days = request.GET.get("days", "")
        figures = build_report(int(days) if days in map(str, REPORTED_DAYS) else DAYS)
        context = {
            **self.admin_site.each_context(request),
            "title": "Search report",
            "opts": self.opts,
            "report": figures,
            "charts": [Chart.of(each) for each in figures.lists if each.positions],
            "choices": REPORTED_DAYS,
        }
        template = "admin/search/event/change_list.html"
        return TemplateResponse(request, template, context)


@admin.register(EmptySearch)
class EmptySearchAdmin(ReadOnlyAdmin):
    list_display = ["created", "listing", "words", "filters", "encoder"]
    list_filter = ["listing"]
    search_fields = ["words"]
    date_hierarchy = "created"
