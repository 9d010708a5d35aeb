from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fashionlens.backoffice.model_admin import ReadOnlyAdmin
from search.events.report import DAYS, Chart, build_report
from search.models import EmptySearch, EmptySearchQuerySet, Event

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


class HiddenFilter(admin.SimpleListFilter):
    title = "hidden"
    parameter_name = "hidden"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Hidden ones")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[EmptySearch]
    ) -> QuerySet[EmptySearch]:
        return queryset.filter(hidden=self.value() == "1")


@admin.register(EmptySearch)
class EmptySearchAdmin(ReadOnlyAdmin):
    """Words that find nothing: each is a click away from a synonym, or from hiding."""

    list_display = [
        *("day", "times", "words", "synonym", "listing", "filters", "encoder"),
    ]
    list_filter = [HiddenFilter, "listing"]
    search_fields = ["words"]
    date_hierarchy = "created"
    ordering = ["-day", "-times"]
    actions = ["hide", "show"]

    @admin.display(description="")
    def synonym(self, search: EmptySearch) -> SafeString | str:
        if not search.words:
            return ""
        url = reverse("admin:catalog_synonym_add", query={"words": search.words})
        return format_html('<a href="{}">Make a synonym</a>', url)

    def has_hide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("search.change_emptysearch")

    @admin.action(description="Hide these words", permissions=["hide"])
    def hide(self, request: HttpRequest, queryset: EmptySearchQuerySet) -> None:
        self.message_user(request, f"Searches hidden: {queryset.hide_words()}.")

    @admin.action(description="Show these words again", permissions=["hide"])
    def show(self, request: HttpRequest, queryset: EmptySearchQuerySet) -> None:
        count = queryset.hide_words(False)
        self.message_user(request, f"Searches shown again: {count}.")
