"""The history of a product, with values before and after."""

from typing import Any

from auditlog.admin import LogEntryAdmin  # noqa: F401  (which registers a list)
from auditlog.models import LogEntry
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from catalog.bulk.models import BulkChange
from catalog.bulk.restore import can_restore, restore
from catalog.history.entries import CHANGED, CREATED, entries_of
from fashionlens.backoffice.changes.bulk import author_of
from fashionlens.backoffice.changes.words import category_names, describe

_PER_PAGE = 30

admin.site.unregister(LogEntry)  # each product shows its own


class HistoryPage:
    """Pages of a ModelAdmin of products."""

    def get_urls(self) -> list[URLPattern]:
        undo = require_POST(
            self.admin_site.admin_view(self.undo_entry)  # type: ignore[attr-defined]
        )
        page = path(
            "<int:product>/history/<int:entry>/undo/",
            undo,
            name="catalog_product_undo",
        )
        return [page, *super().get_urls()]  # type: ignore[misc]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        product = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if product is None:
            raise Http404("There is no such product.")
        if not self.has_view_or_change_permission(request, product):  # type: ignore[attr-defined]
            raise PermissionDenied
        entries = entries_of([product.pk]).select_related("actor").order_by("-pk")
        page = Paginator(entries, _PER_PAGE).get_page(request.GET.get("p"))
        may_undo = self.has_change_permission(request, product)  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": f"History: {product}",
            "product": product,
            "page": page,
            "entries": _shown(page, may_undo=may_undo),
        }
        return TemplateResponse(request, "admin/catalog/product/history.html", context)

    def undo_entry(
        self, request: HttpRequest, product: int, entry: int
    ) -> HttpResponse:
        if not self.has_change_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        found = entries_of([product]).filter(pk=entry, action=CHANGED).first()
        if found and can_restore(found.changes):
            with transaction.atomic():
                result = restore({product: found.changes}, author_of(request))[0]
            if result.reason:
                messages.warning(request, f"Nothing was undone. {result.reason}")
            else:
                messages.success(request, "The values from before are back.")
        back = reverse("admin:catalog_product_history", args=[product])
        return HttpResponseRedirect(back)


def _shown(entries: Any, *, may_undo: bool) -> list[dict[str, Any]]:
    categories = category_names()
    groups = {entry.cid for entry in entries if entry.cid}
    bulks = BulkChange.objects.filter(group__in=groups).defer("products")
    bulk_of = {bulk.group: bulk for bulk in bulks}
    return [
        {
            "entry": entry,
            "by": entry.actor or (entry.additional_data or {}).get("by", ""),
            "created": entry.action == CREATED,
            "lines": describe(entry.changes or {}, categories),
            "bulk": bulk_of.get(entry.cid),
            "may_undo": may_undo
            and entry.action == CHANGED
            and can_restore(entry.changes or {}),
        }
        for entry in entries
    ]
