"""The base of every table of the admin."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin.utils import model_ngettext
from django.db.models import CASCADE, PROTECT, RESTRICT, Model, Q
from django.db.models.deletion import get_candidate_relations_to_delete
from django.http import HttpRequest
from django.utils.text import capfirst
from unfold.admin import ModelAdmin as ThemedAdmin

MAX_NAMED = 20  # rows whose names a confirmation lists


class ModelAdmin(ThemedAdmin):
    """Counts what a deletion takes along, where Django would list thousands of rows."""

    delete_selected_confirmation_template: Any = "admin/delete_many.html"

    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        rows = list(objs)
        names = [f"{capfirst(self.opts.verbose_name)}: {row}" for row in rows]
        if len(names) > MAX_NAMED:
            more = len(names) - MAX_NAMED
            names = [*names[:MAX_NAMED], f"and {more:,} more"]
        counts = {model_ngettext(self.opts, 2): len(rows)}
        protected = []
        keys = [row.pk for row in rows]
        for model, (taken, kept) in _related(self.model, keys).items():
            name = model_ngettext(model._meta, 2)
            if kept and (number := model._base_manager.filter(kept).count()):
                protected.append(f"{number:,} {name}")
            if taken and (number := model._base_manager.filter(taken).count()):
                counts[name] = counts.get(name, 0) + number
        may = all(self.has_delete_permission(request, row) for row in rows)
        lacking = set() if may else {str(self.opts.verbose_name)}
        return names, counts, lacking, protected


class ReadOnlyAdmin(ModelAdmin):
    """Pages of rows that commands write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


def _related(model: type[Model], keys: list[Any]) -> dict[type[Model], tuple[Q, Q]]:
    """Return the rows that go with these, and those that keep them, by model."""
    found: dict[type[Model], tuple[Q, Q]] = {}
    for related, path, rule in _paths(model, "", (model,)):
        taken, kept = found.get(related, (Q(), Q()))
        of_keys = Q(**{f"{path}__in": keys})
        if rule is CASCADE:
            taken |= of_keys
        else:
            kept |= of_keys
        found[related] = taken, kept
    return found


def _paths(
    model: type[Model], path: str, seen: tuple[type[Model], ...]
) -> Iterator[tuple[type[Model], str, Any]]:
    relations: Iterable[Any] = get_candidate_relations_to_delete(model._meta)
    for relation in relations:
        related, rule = relation.related_model, relation.on_delete
        if related in seen or rule not in (CASCADE, PROTECT, RESTRICT):
            continue
        own = f"{relation.field.name}__{path}" if path else relation.field.name
        yield related, own, rule
        if rule is CASCADE:
            yield from _paths(related, own, (*seen, related))
