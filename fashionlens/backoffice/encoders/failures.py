"""Photos that cannot be embedded, and the recall of the index."""

from typing import Any

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
from fashionlens.backoffice.overview.figures import health_plots
from fashionlens.backoffice.overview.page import retry_reason, tell_retried
from fashionlens.backoffice.product_form.photos import small_thumbnail
from search.models import EmbeddingFailure, RecallMeasurement
from search.workers import retry


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
    """The health of the index: the history that the scheduler writes every night."""

    list_display = [
        *("created", "encoder", "vectors", "found", "found_worst"),
        *("by_index", "by_exact"),
    ]
    list_select_related = ["encoder"]
    list_filter = ["encoder"]
    list_before_template = "admin/search/recallmeasurement/_charts.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": "Health of the index", "plots": health_plots()}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="Photos", ordering="rows")
    def vectors(self, measured: RecallMeasurement) -> str:
        return f"{measured.rows:,}"

    @admin.display(description="Nearest photos found", ordering="recall_mean")
    def found(self, measured: RecallMeasurement) -> str:
        return f"{measured.recall_mean:.1%}"

    @admin.display(description="In the worst 5 %", ordering="recall_p5")
    def found_worst(self, measured: RecallMeasurement) -> str:
        return f"{measured.recall_p5:.1%}"

    @admin.display(description="By the index, p95", ordering="index_p95_ms")
    def by_index(self, measured: RecallMeasurement) -> str:
        return f"{measured.index_p95_ms:.1f} ms"

    @admin.display(description="Exactly, p95", ordering="exact_p95_ms")
    def by_exact(self, measured: RecallMeasurement) -> str:
        return f"{measured.exact_p95_ms:.1f} ms"

    fields = [*list_display, "sample"]
    readonly_fields = fields
