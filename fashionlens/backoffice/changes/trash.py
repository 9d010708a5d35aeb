"""Pages that move products to the trash, bring them back, and delete them for good."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from catalog.models import Product
from catalog.tasks import delete_trash
from catalog.trash.models import TRASH_DAYS, TrashedProduct
from catalog.trash.services import expire, put_in_trash, restore_from_trash
from catalog.upkeep.runs import request_run
from fashionlens.backoffice.changes.bulk import author_of
from fashionlens.backoffice.model_admin import ReadOnlyAdmin

_SHOWN = 10
_LIST = "admin:catalog_product_changelist"


class TrashActions:
    """Instead of deleting, for the list and the page of products."""

    @admin.action(
        description="Move selected products to the trash", permissions=["delete"]
    )
    def move_to_trash(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> HttpResponse | None:
        return _confirm_or_trash(self, request, queryset)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)  # type: ignore[misc]
        actions.pop("delete_selected", None)
        return actions

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        product = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if not self.has_delete_permission(request, product):  # type: ignore[attr-defined]
            raise PermissionDenied
        if product is None:
            return HttpResponseRedirect(reverse(_LIST))
        queryset = Product.objects.filter(pk=product.pk)
        return _confirm_or_trash(self, request, queryset) or HttpResponseRedirect(
            reverse(_LIST)
        )


def _confirm_or_trash(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Product]
) -> HttpResponse | None:
    rows = queryset.order_by("pk")
    if "confirmed" in request.POST:
        ids = rows.values_list("pk", flat=True)
        count = put_in_trash(list(ids), author_of(request))
        link = reverse("admin:catalog_trashedproduct_changelist")
        text = 'Moved to the trash: {}. <a href="{}">Open the trash</a>'
        messages.success(request, format_html(text, count, link))
        return None
    return _confirmation(
        model_admin,
        request,
        rows,
        title="Move to the trash",
        days=TRASH_DAYS,
    )


def _confirmation(
    model_admin: Any, request: HttpRequest, products: QuerySet[Product], **more: Any
) -> HttpResponse:
    """Return the page that counts the products and asks."""
    count = products.count()
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "count": count,
        "products": products[:_SHOWN],
        "more": max(count - _SHOWN, 0),
        # What the list sends for the action, to be sent again.
        "fields": [
            (name, value)
            for name in ("action", "_selected_action", "select_across")
            for value in request.POST.getlist(name)
        ],
        **more,
    }
    return TemplateResponse(request, "admin/catalog/product/trash.html", context)


@admin.register(TrashedProduct)
class TrashedProductAdmin(ReadOnlyAdmin):
    list_display = ["product", "sku", "since", "deletion", "user"]
    list_display_links = None
    list_select_related = ["product", "user"]
    list_per_page = 50
    search_fields = ["product__title", "product__sku"]
    actions = ["restore", "delete_now"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrashedProduct]:
        archived = Product.Status.ARCHIVED
        return super().get_queryset(request).filter(product__status=archived)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("catalog.view_product")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_restore_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_product")

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.delete_product")

    @admin.display(description="SKU", ordering="product__sku")
    def sku(self, row: TrashedProduct) -> str:
        return row.product.sku

    @admin.display(description="Deleted on", ordering="since")
    def deletion(self, row: TrashedProduct) -> Any:
        return row.deleted_on.date()

    @admin.action(description="Restore", permissions=["restore"])
    def restore(self, request: HttpRequest, queryset: QuerySet[TrashedProduct]) -> None:
        count = restore_from_trash(_ids(queryset), author_of(request))
        messages.success(request, f"Products restored: {count}.")

    @admin.action(description="Delete for good", permissions=["remove"])
    def delete_now(
        self, request: HttpRequest, queryset: QuerySet[TrashedProduct]
    ) -> HttpResponse | None:
        if "confirmed" in request.POST:
            count = expire(_ids(queryset))
            request_run(delete_trash)
            messages.success(request, f"A worker deletes {count} products now.")
            return None
        products = Product.objects.filter(pk__in=_ids(queryset)).order_by("pk")
        return _confirmation(self, request, products, title="Delete for good")


def _ids(queryset: QuerySet[TrashedProduct]) -> list[int]:
    return list(queryset.order_by().values_list("pk", flat=True))
