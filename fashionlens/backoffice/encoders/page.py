"""Encoders: their state, what was measured of them, and what to do with them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from fashionlens.backoffice.encoders import steps
from fashionlens.backoffice.encoders.measures import loss_plots, measured, sheets
from fashionlens.backoffice.encoders.weights import WeightsForm, parts_of
from fashionlens.backoffice.model_admin import ReadOnlyAdmin
from fashionlens.backoffice.overview.page import live, pause, resume
from search.change.rollout import previous_encoder, status_of
from search.index.partitions import index_state
from search.models import Encoder


@admin.register(Encoder)
class EncoderAdmin(ReadOnlyAdmin):
    list_display = ["version", "state", "searchable", "index", "created"]
    list_before_template = "admin/search/encoder/_tools.html"
    readonly_fields = ["version", "about", "folder", "created", "replaced"]

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        if isinstance(obj, Encoder) and not parts_of(obj):
            return False
        return request.user.has_perm("search.change_encoder")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="Photos with a vector")
    def searchable(self, encoder: Encoder) -> str:
        if encoder.state == Encoder.State.RETIRED:
            return "-"
        status = status_of(encoder)
        photos = status.embedded + status.pending + status.failed
        return f"{status.embedded:,} of {photos:,}"

    @admin.display(description="Index")
    def index(self, encoder: Encoder) -> str:
        retired = encoder.state == Encoder.State.RETIRED
        return "-" if retired else index_state(encoder.pk)

    @admin.display(description="State")
    def about(self, encoder: Encoder) -> SafeString:
        retired = encoder.state == Encoder.State.RETIRED
        context = {
            "encoder": encoder,
            "status": None if retired else status_of(encoder),
            "measured": measured(encoder),
            "plots": loss_plots(encoder),
            "sheets": sheets(encoder),
        }
        return render_to_string("admin/search/encoder/_about.html", context)

    def get_form(
        self,
        request: HttpRequest,
        obj: Encoder | None = None,
        change: bool = False,
        **options: Any,
    ) -> type[forms.ModelForm]:
        if obj and self.has_change_permission(request, obj):
            options["form"] = WeightsForm.for_encoder(obj)
        return super().get_form(request, obj, change, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Encoder | None = None) -> Any:
        about = (None, {"fields": self.readonly_fields})
        parts = parts_of(obj) if obj else []
        if not parts or not self.has_change_permission(request, obj):
            return [about]
        weights = {
            "fields": [f"{WeightsForm.PREFIX}{part}" for part in parts],
            "description": "How much each part of the look counts in photo search and"
            " similar items: 1 as trained, 0 not at all, 2 twice as much. Results show"
            " no bands (“very similar”) while a weight is not 1, because these are"
            " calibrated without weights.",
        }
        return [about, ("Weights", weights)]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"previous": previous_encoder()}
        return super().changelist_view(request, context | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, tuple[str, Any]] = {
            "new": ("new/", self._page(steps.add_page)),
            "compare": ("compare/", self._page(steps.compare_page)),
            "rollback": ("rollback/", require_POST(steps.roll_back)),
            "load": ("load/", require_POST(steps.continue_loading)),
            "activate": ("<int:pk>/activate/", require_POST(steps.activate_one)),
            "retire": ("<int:pk>/retire/", require_POST(steps.retire_one)),
            "picture": ("<int:pk>/<str:name>.png", _picture),
            "live": ("queue/live/", live),
            "pause": ("queue/pause/", require_POST(pause)),
            "resume": ("queue/resume/", require_POST(resume)),
        }
        wrap = self.admin_site.admin_view
        own = [
            path(at, wrap(view), name=f"search_encoder_{name}")
            for name, (at, view) in views.items()
        ]
        return [*own, *super().get_urls()]

    def _page(self, view: Any) -> Any:
        def shown(request: HttpRequest) -> HttpResponse:
            context = {**self.admin_site.each_context(request), "opts": self.opts}
            return view(request, context)

        return shown


def _picture(request: HttpRequest, pk: int, name: str) -> Any:
    return steps.picture(request, pk, f"{name}.png")
