"""The switch that lets workers embed photos, or leaves the photos waiting."""

from typing import Any

from search.models import IndexPause


def pause_index(*, by: Any = None) -> None:
    IndexPause.objects.get_or_create(pk=1, defaults={"by": by})


def resume_index() -> None:
    IndexPause.objects.all().delete()


def index_pause() -> IndexPause | None:
    return IndexPause.objects.select_related("by").first()


def is_paused() -> bool:
    return IndexPause.objects.exists()
