"""Pages and buttons that add, compare, activate, roll back and retire encoders."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from catalog.models import ProductImage
from catalog.upkeep.runs import request_run
from fashionlens.backoffice.encoders.measures import folder_of, known_folders, sheets
from fashionlens.backoffice.overview.page import embedding_workers, say_when
from ml.encoder import EncoderError
from search.change.encoder_diff import (
    ComparedPhoto,
    EncoderDiff,
    NothingToCompare,
    compare,
)
from search.change.rollout import RolloutRefused, activate, retire, rollback
from search.index.encoders import live_encoders, open_network, register
from search.models import EmbeddingFailure, Encoder
from search.query.results import load_results
from search.tasks import load_encoders

QUERIES = 60
SHOWN = 8
LIST = "admin:search_encoder_changelist"


class FolderForm(forms.Form):
    folder = forms.CharField(
        label="Folder",
        max_length=500,
        help_text="With encoder.json and encoder.onnx, as `python -m ml.train` writes"
        " it. Every web and worker process must be able to read it.",
        widget=forms.TextInput(attrs={"list": "folders"}),
    )


class CompareForm(forms.Form):
    before = forms.ModelChoiceField(live_encoders(), to_field_name="version")
    after = forms.ModelChoiceField(live_encoders(), to_field_name="version")


def _require(request: HttpRequest, action: str) -> None:
    if not request.user.has_perm(f"search.{action}_encoder"):
        raise PermissionDenied


def add_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    _require(request, "add")
    form = FolderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            encoder = register(open_network(Path(form.cleaned_data["folder"])))
        except EncoderError as error:
            form.add_error("folder", str(error))
        else:
            EmbeddingFailure.objects.filter(encoder=encoder).delete()
            request_run(load_encoders)
            text = f"{encoder} was added. The workers give it the vectors of all photos"
            messages.success(
                request,
                f"{text}, and build its index. {say_when(embedding_workers())}",
            )
            return redirect("admin:search_encoder_change", encoder.pk)
    context |= {"title": "Add an encoder", "form": form, "folders": known_folders()}
    return TemplateResponse(request, "admin/search/encoder/add.html", context)


def compare_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    _require(request, "view")
    form = CompareForm(request.GET or None)
    context |= {"title": "Compare two encoders", "form": form}
    if form.is_valid():
        encoders = form.cleaned_data
        try:
            diff = compare(encoders["before"], encoders["after"], queries=QUERIES)
        except NothingToCompare as error:
            context["error"] = str(error)
        else:
            shown = diff.most_changed()[:SHOWN]
            context |= {"diff": diff, "rows": [_row(diff, each) for each in shown]}
    return TemplateResponse(request, "admin/search/encoder/compare.html", context)


def _row(diff: EncoderDiff, photo: ComparedPhoto) -> dict[str, Any]:
    return {
        "photo": photo,
        "query": ProductImage.objects.get(pk=photo.image_id),
        "before": load_results(hits=photo.before, encoder=diff.before),
        "after": load_results(hits=photo.after, encoder=diff.after),
    }


def picture(request: HttpRequest, pk: int, name: str) -> HttpResponse | FileResponse:
    """Send a contact sheet from the folder of an encoder."""
    _require(request, "view")
    encoder = get_object_or_404(Encoder, pk=pk)
    if name not in sheets(encoder):
        raise Http404
    return FileResponse((folder_of(encoder) / name).open("rb"))


def activate_one(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(Encoder, pk=pk).version
    return _carry_out(
        request, "change", lambda: f"Searches use {activate(version)} from now on."
    )


def roll_back(request: HttpRequest) -> HttpResponse:
    return _carry_out(request, "change", lambda: f"Searches use {rollback()} again.")


def retire_one(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(Encoder, pk=pk).version
    return _carry_out(
        request,
        "delete",
        lambda: f"{retire(version)} was retired, and its vectors are gone.",
    )


def continue_loading(request: HttpRequest) -> HttpResponse:
    def ask() -> str:
        request_run(load_encoders)
        return f"The encoder is loaded. {say_when(embedding_workers())}"

    return _carry_out(request, "change", ask)


def _carry_out(
    request: HttpRequest, action: str, step: Callable[[], str]
) -> HttpResponse:
    _require(request, action)
    try:
        messages.success(request, step())
    except (RolloutRefused, EncoderError) as error:
        messages.error(request, str(error))
    return redirect(LIST)
