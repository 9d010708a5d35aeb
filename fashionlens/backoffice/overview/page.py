"""The first page of the admin, its live part, and the switches on it."""

from typing import Any

from celery.exceptions import CeleryError
from django.contrib import messages
from django.core.cache import caches
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from fashionlens.backoffice.overview.figures import (
    count_products,
    read_activity,
    recall_plot,
)
from search.index.figures import read_index_figures
from search.index.pause import is_paused, pause_index, resume_index
from search.models import EmbeddingFailure
from search.tasks import wake_worker
from search.workers import NoWorker, count_workers, retry

WORKERS_TTL_S = 5  # to ask them takes a second or two
UNREACHABLE = (CeleryError, KombuError, RedisError, OSError)


def embedding_workers() -> int | None:
    """Return how many processes embed photos; None while the broker does not answer."""
    cache = caches["process"]
    if (known := cache.get("embedding_workers")) is not None:
        return known
    try:
        number = count_workers(patience_s=1)
    except NoWorker:
        number = 0
    except UNREACHABLE:
        return None
    cache.set("embedding_workers", number, WORKERS_TTL_S)
    return number


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the context of the first page what this person may see."""
    may = request.user.has_perm
    if may("catalog.view_product"):
        context["products"] = count_products()
    if may("search.view_encoder"):
        context |= _index_context(request)
        context["recall"] = recall_plot(context["index"].encoder)
    if may("search.view_event"):
        context["activity"] = read_activity()
    return context


def _index_context(request: HttpRequest) -> dict[str, Any]:
    return {
        "index": read_index_figures(),
        "may_pause": request.user.has_perm("search.change_encoder"),
        "may_retry": request.user.has_perm("search.delete_embeddingfailure"),
    }


def live(request: HttpRequest) -> HttpResponse:
    """Answer the part that changes by itself; it asks the workers, which takes long."""
    if not request.user.has_perm("search.view_encoder"):
        raise PermissionDenied
    context = _index_context(request) | {
        "workers": embedding_workers(),
        "asked": True,
    }
    return TemplateResponse(request, "admin/overview/_live.html", context)


def pause(request: HttpRequest) -> HttpResponse:
    return _switch(request, paused=True)


def resume(request: HttpRequest) -> HttpResponse:
    return _switch(request, paused=False)


def _switch(request: HttpRequest, *, paused: bool) -> HttpResponse:
    if not request.user.has_perm("search.change_encoder"):
        raise PermissionDenied
    if paused:
        pause_index(by=request.user)
        messages.success(
            request, "Paused. New photos are stored and wait; searches go on."
        )
    else:
        resume_index()
        wake_worker()
        messages.success(request, f"Resumed. {say_when(embedding_workers())}")
    return HttpResponseRedirect(reverse("admin:index"))


def retry_reason(request: HttpRequest) -> HttpResponse:
    """Try all photos again that failed for a reason."""
    if not request.user.has_perm("search.delete_embeddingfailure"):
        raise PermissionDenied
    reason = request.POST.get("reason", "").replace("\0", "")  # Postgres refuses it
    failures = EmbeddingFailure.objects.filter(reason=reason)
    tell_retried(request, retry(failures))
    return HttpResponseRedirect(reverse("admin:index"))


def tell_retried(request: HttpRequest, photos: int) -> None:
    workers = embedding_workers()
    level = messages.SUCCESS if workers else messages.WARNING
    again = f"Photos that are tried again: {photos}. {say_when(workers)}"
    messages.add_message(request, level, again)


def say_when(workers: int | None) -> str:
    if workers is None:
        return "The broker does not answer. They wait until it is back."
    if is_paused():
        return "The queue is paused. They wait until it is resumed."
    if not workers:
        return "No worker is running. They wait until one is started."
    return "The workers are at it."
