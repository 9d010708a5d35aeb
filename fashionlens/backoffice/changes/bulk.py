"""The pages that change many products: choose, preview, carry out, undo."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from catalog.bulk.change import Change
from catalog.bulk.models import BulkChange
from catalog.bulk.services import (
    MAX_PRODUCTS,
    AlreadyDone,
    apply,
    preview,
    undo,
)
from catalog.history.entries import Author
from catalog.models import Product
from fashionlens.backoffice.changes.ways import WAYS, ValueForm, WayForm
from fashionlens.backoffice.changes.words import category_names, describe
from fashionlens.backoffice.model_admin import ReadOnlyAdmin
from search.index.embed_again import forget_vectors
from search.tasks import wake_worker

PAGE = "admin:catalog_bulkchange_change"


def author_of(request: HttpRequest) -> Author:
    return Author(user=request.user.pk)


class BulkActions:
    """Actions of the list of products."""

    @admin.action(description="Change selected products", permissions=["change"])
    def change_selected(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> HttpResponse | None:
        bulk = _new(request, queryset)
        return HttpResponseRedirect(reverse(PAGE, args=[bulk.pk])) if bulk else None

    @admin.action(description="Publish selected products", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        _set_status(request, queryset, Product.Status.PUBLISHED)

    @admin.action(description="Archive selected products", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        _set_status(request, queryset, Product.Status.ARCHIVED)

    @admin.action(
        description="Embed photos of selected products again", permissions=["change"]
    )
    def embed_again(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        ids = _chosen(request, queryset)
        if ids is None:
            return
        photos = forget_vectors(ids)
        wake_worker()  # if the broker is down, the scheduler does it
        message = "Photos that are embedded again, and found by searches then"
        messages.success(request, f"{message}: {photos}.")


def _chosen(request: HttpRequest, queryset: QuerySet[Product]) -> list[int] | None:
    """Return the ids of the products, or nothing but a message if they are too many."""
    ids = list(queryset.order_by().values_list("pk", flat=True)[: MAX_PRODUCTS + 1])
    if len(ids) > MAX_PRODUCTS:
        message = f"At most {MAX_PRODUCTS:,} products change at once. Filter the list."
        messages.error(request, message)
        return None
    return ids


def _new(request: HttpRequest, queryset: QuerySet[Product]) -> BulkChange | None:
    ids = _chosen(request, queryset)
    if ids is None:
        return None
    return BulkChange.objects.create(products=ids, user_id=request.user.pk)


def _set_status(
    request: HttpRequest, queryset: QuerySet[Product], status: Product.Status
) -> None:
    if bulk := _new(request, queryset):
        label = f"Status: {status.label}"
        change = Change("status", "set", status.value)
        apply(bulk, change, label=label, author=author_of(request))
        messages.success(request, _result(bulk))


def _result(bulk: BulkChange) -> SafeString:
    refused = sum(bulk.counts["refused"].values())
    left = f" {refused} could not be changed." if refused else ""
    address = reverse(PAGE, args=[bulk.pk])
    text = '{}. Products changed: {}.{} <a href="{}">Details and undo</a>'
    return format_html(text, bulk.label, bulk.counts["changed"], left, address)


@admin.register(BulkChange)
class BulkChangeAdmin(ReadOnlyAdmin):
    list_display = ["label", "product_count", "state", "user", "finished"]
    list_select_related = ["user"]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkChange]:
        changes = BulkChange.objects.defer("products")
        match = request.resolver_match
        if match and match.url_name == "catalog_bulkchange_changelist":
            return changes.exclude(state=BulkChange.State.NEW)
        return changes

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("catalog.view_product")

    @admin.display(description="Products changed")
    def product_count(self, bulk: BulkChange) -> Any:
        return bulk.counts.get("changed", "-")

    def get_urls(self) -> list[URLPattern]:
        pages = [
            ("apply", "<int:pk>/apply/", self.apply),
            ("undo", "<int:pk>/undo/", self.undo),
        ]
        own = [
            path(
                route,
                require_POST(self.admin_site.admin_view(view)),
                name=f"catalog_bulkchange_{name}",
            )
            for name, route, view in pages
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **options: Any
    ) -> HttpResponse:
        bulk = self.get_object(request, object_id)
        if bulk is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
                request, self.opts, object_id
            )
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, bulk)

    def _page(
        self, request: HttpRequest, bulk: BulkChange, form: Any = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "bulk": bulk,
            "title": str(bulk),
            "may_change": _may_change(request),
        }
        if bulk.state == BulkChange.State.NEW:
            context |= self._choice(request, bulk)
        return TemplateResponse(request, "admin/catalog/bulkchange/page.html", context)

    def _choice(self, request: HttpRequest, bulk: BulkChange) -> dict[str, Any]:
        """Return the forms, and the preview once both are filled in."""
        way_form = WayForm(initial=request.GET.dict())
        way = WAYS.get(request.GET.get("what", ""))
        if way is None:
            return {"way_form": way_form}
        is_filled = "value" in request.GET or not way.make_field
        form = ValueForm(way, request.GET if is_filled else None)
        context: dict[str, Any] = {"way_form": way_form, "value_form": form}
        if form.is_valid():
            value = form.cleaned_data.get("value")
            outcome = preview(bulk.products, way.change(value))
            names = category_names()
            context["sentence"] = way.describe(value)
            context["outcome"] = outcome.as_dict()
            context["samples"] = [
                (sample, describe(sample.changes, names)) for sample in outcome.samples
            ]
        return context

    def apply(self, request: HttpRequest, pk: int) -> HttpResponse:
        bulk = self._writable(request, pk)
        way = WAYS.get(request.POST.get("what", ""))
        form = ValueForm(way, request.POST) if way else None
        back = HttpResponseRedirect(reverse(PAGE, args=[pk]))
        if way is None or form is None or not form.is_valid():
            # The page shows what is wrong, such as a category that was deleted.
            query = {n: request.POST.get(n, "") for n in ("what", "value")}
            return HttpResponseRedirect(reverse(PAGE, args=[pk], query=query))
        value = form.cleaned_data.get("value")
        try:
            apply(
                bulk,
                way.change(value),
                label=way.describe(value),
                author=author_of(request),
            )
        except AlreadyDone as error:
            messages.warning(request, str(error))
        return back

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            undo(self._writable(request, pk), author=author_of(request))
        except AlreadyDone as error:
            messages.warning(request, str(error))
        return HttpResponseRedirect(reverse(PAGE, args=[pk]))

    def _writable(self, request: HttpRequest, pk: int) -> BulkChange:
        bulk = self.get_object(request, str(pk))
        if bulk is None or not _may_change(request):
            raise PermissionDenied
        return bulk


def _may_change(request: HttpRequest) -> bool:
    return request.user.has_perm("catalog.change_product")
