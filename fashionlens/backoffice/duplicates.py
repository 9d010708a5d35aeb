from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from catalog.models import ProductImage
from catalog.upkeep.runs import RunRequest, request_run
from fashionlens.backoffice.model_admin import ReadOnlyAdmin
from search.models import DuplicateGroup
from search.tasks import look_for_duplicates

MAX_PHOTOS = 12  # of a group


class DismissedFilter(admin.SimpleListFilter):
    title = "dismissed"
    parameter_name = "dismissed"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[Any]:
        return [("yes", "Dismissed"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        for number, choice in enumerate(super().choices(changelist)):
            yield choice if number else {**choice, "display": "Not dismissed"}

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[DuplicateGroup]
    ) -> QuerySet[DuplicateGroup]:
        if self.value() == "all":
            return queryset
        return queryset.filter(dismissed__isnull=self.value() != "yes")


@admin.register(DuplicateGroup)
class DuplicateGroupAdmin(ReadOnlyAdmin):
    """Groups of duplicate photos in the whole shop, to be judged by people."""

    list_display = ["pictures", "kind", "found"]
    list_display_links = ["kind"]
    list_filter = ["kind", DismissedFilter]
    list_per_page = 20
    fields = ["kind", "found", "dismissed", "side_by_side"]
    actions = ["dismiss", "restore"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_dismiss_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_product")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DuplicateGroup]:
        photos = ProductImage.objects.select_related("product").order_by("id")
        groups = DuplicateGroup.objects.standing()
        return groups.prefetch_related(Prefetch("photos", photos[:MAX_PHOTOS], "shown"))

    @admin.display(description="Photos")
    def pictures(self, group: DuplicateGroup) -> SafeString:
        return self._render("_pictures.html", group)

    @admin.display(description="Side by side")
    def side_by_side(self, group: DuplicateGroup) -> SafeString:
        return self._render("_side_by_side.html", group)

    def _render(self, template: str, group: Any) -> SafeString:
        left = group.photo_count - len(group.shown)
        context = {"photos": group.shown, "left": left}
        return render_to_string(f"admin/search/duplicategroup/{template}", context)

    @admin.action(description="Dismiss: not duplicates", permissions=["dismiss"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[DuplicateGroup]) -> None:
        groups = DuplicateGroup.objects.filter(pk__in=[group.pk for group in queryset])
        count = groups.update(dismissed=timezone.now())
        self.message_user(request, f"Groups dismissed: {count}.")

    @admin.action(description="Restore to the list", permissions=["dismiss"])
    def restore(self, request: HttpRequest, queryset: QuerySet[DuplicateGroup]) -> None:
        groups = DuplicateGroup.objects.filter(pk__in=[group.pk for group in queryset])
        self.message_user(request, f"Groups restored: {groups.update(dismissed=None)}.")

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.rescan))
        address = path("rescan/", view, name="search_duplicategroup_rescan")
        return [address, *super().get_urls()]

    def rescan(self, request: HttpRequest) -> HttpResponse:
        if not self.has_dismiss_permission(request):
            raise PermissionDenied
        self.message_user(request, _describe(request_run(look_for_duplicates)))
        return HttpResponseRedirect(reverse("admin:search_duplicategroup_changelist"))


def _describe(request: RunRequest) -> str:
    later = "Reload this page later."
    if request.joined and request.run.is_running:
        return (
            f"A search is already running since {request.run.started_display}. {later}"
        )
    if request.joined:
        return f"A search is already requested and begins soon. {later}"
    if request.sent:
        return f"A worker is searching the shop. {later}"
    return (
        "The broker does not answer. The search begins when it is back; or run"
        " manage.py find_duplicates."
    )
