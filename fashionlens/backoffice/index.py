from typing import Any, Self

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from fashionlens.backoffice.model_admin import ReadOnlyAdmin
from fashionlens.backoffice.overview.page import (
    live,
    pause,
    resume,
    retry_reason,
    tell_retried,
)
from fashionlens.backoffice.product_form.photos import small_thumbnail
from ml.encoder import EncoderError
from search.index.encoders import network_of
from search.models import EmbeddingFailure, Encoder, RecallMeasurement
from search.query.weights import MAX_WEIGHT
from search.workers import retry


class WeightsForm(forms.ModelForm):
    """How much each part of the vector counts; a field for each part is added."""

    PREFIX = "weight_"

    class Meta:
        model = Encoder
        fields: list[str] = []

    @classmethod
    def for_encoder(cls, encoder: Encoder) -> type[Self]:
        fields = {
            f"{cls.PREFIX}{part}": forms.FloatField(
                label=part.capitalize(),
                min_value=0,
                max_value=MAX_WEIGHT,
                step_size=0.1,
                initial=encoder.weights.get(part, 1),
            )
            for part in network_of(encoder).parts
        }
        return type(cls.__name__, (cls,), fields)

    def _factors(self) -> dict[str, float]:
        return {
            name.removeprefix(self.PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(self.PREFIX)
        }

    def clean(self) -> None:
        factors = self._factors()
        if factors and not self.errors and not any(factors.values()):
            raise forms.ValidationError("Give at least one part a weight above 0.")

    def save(self, commit: bool = True) -> Encoder:
        factors = self._factors()
        self.instance.weights = {part: n for part, n in factors.items() if n != 1}
        return super().save(commit)


@admin.register(Encoder)
class EncoderAdmin(ReadOnlyAdmin):
    """Shows encoders, and sets what counts in the searches of this shop."""

    list_display = ["version", "state", "dimension", "created"]
    readonly_fields = [
        "version",
        "state",
        "dimension",
        "created",
        "replaced",
        "folder",
        "metrics",
    ]

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        if isinstance(obj, Encoder) and not _parts(obj):
            return False
        return request.user.has_perm("search.change_encoder")

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
        parts = _parts(obj) if obj else []
        if not parts or not self.has_change_permission(request, obj):
            return [about]
        weights = {
            "fields": [f"{WeightsForm.PREFIX}{part}" for part in parts],
            "description": "How much each part of the look counts in photo search and"
            " similar items: 1 as trained, 0 not at all, 2 twice as much. Results show"
            " no bands (“very similar”) while a weight is not 1, because these are"
            " calibrated without weights.",
        }
        return [("Weights", weights), about]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        views = {"live": live, "pause": require_POST(pause)}
        views["resume"] = require_POST(resume)
        wrap = self.admin_site.admin_view
        own = [
            path(f"queue/{name}/", wrap(view), name=f"search_encoder_{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]


def _parts(encoder: Encoder) -> list[str]:
    if encoder.state == Encoder.State.RETIRED:
        return []
    try:
        return list(network_of(encoder).parts)
    except EncoderError:  # its files are gone; the system check tells
        return []


@admin.register(EmbeddingFailure)
class EmbeddingFailureAdmin(ReadOnlyAdmin):
    """Photos that cannot be read, to be replaced or tried again."""

    list_display = ["photo", "product", "reason", "tries", "last_try", "encoder"]
    list_display_links = ["reason"]
    list_select_related = ["image__product", "encoder"]
    list_filter = ["encoder", "reason"]
    search_fields = ["reason", "image__product__sku", "image__product__title"]
    actions = ["retry"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("search.delete_embeddingfailure")

    @admin.display(description="Photo")
    def photo(self, failure: EmbeddingFailure) -> SafeString | str:
        return small_thumbnail(failure.image)

    @admin.display(description="Product")
    def product(self, failure: EmbeddingFailure) -> SafeString:
        product = failure.image.product
        url = reverse("admin:catalog_product_change", args=[product.pk])
        return format_html('<a href="{}">{}</a>', url, product)

    @admin.action(description="Retry", permissions=["retry"])
    def retry(self, request: HttpRequest, failures: QuerySet[EmbeddingFailure]) -> None:
        tell_retried(request, retry(failures))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "retry-reason/",
                wrap(require_POST(retry_reason)),
                name="search_embeddingfailure_retry_reason",
            ),
            path(
                "<int:pk>/retry/",
                wrap(self.retry_one),
                name="search_embeddingfailure_retry",
            ),
            *super().get_urls(),
        ]

    def retry_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then try a photo again. The form of a product links to this page."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        failure = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method == "POST":
            tell_retried(request, retry(EmbeddingFailure.objects.filter(pk=pk)))
            product = failure.image.product_id
            return redirect("admin:catalog_product_change", product)
        context = {
            **self.admin_site.each_context(request),
            "title": "Try this photo again?",
            "opts": self.opts,
            "failure": failure,
        }
        template = "admin/search/embeddingfailure/retry.html"
        return TemplateResponse(request, template, context)


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
