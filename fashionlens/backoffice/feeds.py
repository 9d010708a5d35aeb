"""Import feeds in the admin: upload, columns, check, import, problems."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db.models import QuerySet, URLField
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from catalog.feeds.columns import FeedRefused
from catalog.feeds.export.files import google_lines, json_lines
from catalog.feeds.export.rows import export_rows
from catalog.feeds.runs.models import FeedProblem, FeedRun, FeedSource
from catalog.feeds.runs.problems import PROBLEM, write_problems
from catalog.feeds.runs.queue import (
    create_run,
    remember_mapping,
    request,
    request_stop,
)
from catalog.feeds.runs.source_files import preview_run
from catalog.models import ProductImage
from catalog.tasks import import_feeds
from catalog.upkeep.runs import send
from fashionlens.backoffice.feed_forms import (
    ColumnsForm,
    SourceForm,
    UploadForm,
    corrected_rows,
)
from fashionlens.backoffice.model_admin import ModelAdmin, ReadOnlyAdmin

PREVIEW_ROWS = 8
MAX_SHOWN = 100  # problems on a page
REFRESH_S = 3
EXPORTS = {"tsv": google_lines, "jsonl": json_lines}


@admin.register(FeedSource)
class FeedSourceAdmin(ModelAdmin):
    form = SourceForm
    list_display = ["name", "address", "every_hours", "fetched", "fetch_error"]
    fields = [
        *("name", "address", "every_hours", "fetched", "fetch_error"),
        *("category", "encoding", "archive_missing", "trust_links", "mapping"),
    ]
    readonly_fields = ["fetched", "fetch_error"]
    actions = ["fetch_soon"]
    formfield_overrides = {URLField: {"assume_scheme": "https"}}

    @admin.action(description="Fetch selected feeds now", permissions=["change"])
    def fetch_soon(self, request: HttpRequest, queryset: QuerySet[FeedSource]) -> None:
        count = queryset.exclude(address="").update(fetched=None)
        self.message_user(request, f"Feeds to be fetched within five minutes: {count}.")


@admin.register(FeedRun)
class FeedRunAdmin(ReadOnlyAdmin):
    list_display = [
        "source",
        "file_name",
        "kind",
        "state",
        "progress",
        "user",
        "created",
    ]
    list_filter = ["source", "state"]
    list_select_related = ["source", "user"]
    list_per_page = 50

    @admin.display(description="")
    def kind(self, run: FeedRun) -> str:
        return "check" if run.dry_run else "correction" if run.is_correction else ""

    @admin.display(description="Rows")
    def progress(self, run: FeedRun) -> str:
        return f"{run.rows_done} of {run.rows}" if run.rows else ""

    def has_import_permission(self, request: HttpRequest) -> bool:
        names = ("add_product", "change_product", "change_feedrun")
        return request.user.has_perms([f"catalog.{name}" for name in names])

    def get_urls(self) -> list[URLPattern]:
        views: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("upload/", self.upload, "upload"),
            ("<int:pk>/columns/", self.columns, "columns"),
            ("<int:pk>/start/", require_POST(self.start), "start"),
            ("<int:pk>/stop/", require_POST(self.stop), "stop"),
            ("<int:pk>/correct/", require_POST(self.correct), "correct"),
            ("<int:pk>/problems.csv", self.problems, "problems"),
            ("export/<slug:kind>/", self.export, "export"),
        ]
        wrap = self.admin_site.admin_view
        own = [path(at, wrap(v), name=f"catalog_feedrun_{n}") for at, v, n in views]
        return [*own, *super().get_urls()]

    def upload(self, request: HttpRequest) -> HttpResponse:
        self._check_permission(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["feed_file"]
            run = create_run(
                source=form.save_source(),
                file=file,
                file_name=file.name,
                user=request.user,
            )
            return _redirect("columns", run)
        context = {"form": form, "title": "Import a feed", "sources": _source_names()}
        return self._render(request, "upload.html", context)

    def columns(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the first rows, and let a person choose the columns."""
        self._check_permission(request)
        run = self._find(pk)
        context: dict[str, Any] = {"run": run, "title": f"Columns of {run.file_name}"}
        try:
            context["kind"], preview = preview_run(run, PREVIEW_ROWS)
        except (FeedRefused, OSError) as error:
            context["refusal"] = str(error)
            return self._render(request, "columns.html", context)
        form = ColumnsForm(preview, request.POST or None)
        if request.method == "POST" and form.is_valid():
            remember_mapping(run.source, form.mapping(run.source.mapping))
            if "look" in request.POST:
                return _redirect("columns", run)
            return self._start(request, run, dry_run="check" in request.POST)
        return self._render(request, "columns.html", context | {"form": form})

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **options: Any
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = self._find(int(object_id) if object_id.isdecimal() else 0)
        context = {
            "run": run,
            "title": str(run),
            "problems": run.problems.all()[:MAX_SHOWN],
            "problem_count": run.problems.count(),
            "counts": [(_words(n), c) for n, c in run.counts.items() if c],
            "may_import": self.has_import_permission(request),
            "refresh_s": REFRESH_S if run.is_active else None,
        }
        return self._render(request, "run.html", context)

    def start(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._check_permission(request)
        dry_run, force = "check" in request.POST, "force" in request.POST
        return self._start(request, self._find(pk), dry_run=dry_run, force=force)

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._check_permission(request)
        run = self._find(pk)
        request_stop(run)
        return _redirect("change", run)

    def correct(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Import the rows that were corrected on the page."""
        self._check_permission(request)
        run = self._find(pk)
        rows = corrected_rows(list(run.problems.all()), request.POST.dict())
        if not rows:
            messages.warning(
                request, "No value was changed. Correct one and try again."
            )
            return _redirect("change", run)
        correction = create_run(
            source=run.source,
            file=ContentFile(_as_csv(rows)),
            file_name=f"corrected rows of {run.file_name}",
            user=request.user,
            parent=run.parent or run,
        )
        return self._start(request, correction, dry_run=False)

    def problems(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        file = StringIO()
        write_problems(file, FeedProblem.objects.filter(run=self._find(pk)))
        return HttpResponse(
            "\ufeff" + file.getvalue(),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="problems-{pk}.csv"'
            },
        )

    def export(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Send all products as a feed."""
        if not request.user.has_perm("catalog.view_product"):
            raise PermissionDenied
        if kind not in EXPORTS:
            raise Http404(f"There is no export as {kind}.")

        def link(image: ProductImage) -> str:
            return request.build_absolute_uri(image.file.url)

        return StreamingHttpResponse(
            EXPORTS[kind](export_rows(link)),
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f"attachment; filename=products.{kind}"},
        )

    def _start(
        self, request_: HttpRequest, run: FeedRun, *, dry_run: bool, force: bool = False
    ) -> HttpResponse:
        joined = request(run, dry_run=dry_run, force=force)
        if joined != run:
            since = f"{joined.created:%H:%M}"
            messages.warning(
                request_,
                f"The feed {run.source} is already being imported since {since}. Start"
                " yours when it has ended.",
            )
        elif not send(import_feeds):
            messages.warning(request_, "The broker does not answer. The import waits.")
        return _redirect("change", joined)

    def _check_permission(self, request: HttpRequest) -> None:
        if not self.has_import_permission(request):
            raise PermissionDenied

    def _find(self, pk: int) -> FeedRun:
        run = FeedRun.objects.select_related("source", "user").filter(pk=pk).first()
        if run is None:
            raise Http404("There is no such import.")
        return run

    def _render(
        self, request: HttpRequest, template: str, context: dict
    ) -> HttpResponse:
        whole = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/catalog/feedrun/{template}", whole)


def _redirect(view: str, run: FeedRun) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"admin:catalog_feedrun_{view}", args=[run.pk]))


def _source_names() -> list[str]:
    return list(FeedSource.objects.values_list("name", flat=True))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _as_csv(rows: list[dict[str, str]]) -> bytes:
    headings = dict.fromkeys(name for row in rows for name in row)
    file = StringIO()
    # The heading says that these are some rows of a feed only.
    writer = csv.DictWriter(file, [PROBLEM, *headings], restval="")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()
