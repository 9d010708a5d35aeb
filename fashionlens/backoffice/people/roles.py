"""The ready-made roles: groups that every migration sets to what is written here."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS

VIEW = ("view",)
CHANGE = ("view", "change")
ALL = ("view", "add", "change", "delete")

Rights = dict[str, tuple[str, ...]]  # what may be done, by table

_VIEWER: Rights = {
    "catalog.category": VIEW,
    "catalog.product": VIEW,
    "catalog.productimage": VIEW,
    "catalog.variant": VIEW,
    "catalog.feedrun": VIEW,
    "catalog.feedsource": VIEW,
    "catalog.synonym": VIEW,
    "identity.page": VIEW,
    "identity.shop": VIEW,
    "search.duplicategroup": VIEW,
    "search.embeddingfailure": VIEW,
    "search.emptysearch": VIEW,
    "search.encoder": VIEW,
    "search.event": VIEW,
    "search.recallmeasurement": VIEW,
}
_MERCHANDISER: Rights = _VIEWER | {
    "catalog.category": ALL,
    "catalog.product": ALL,
    "catalog.productimage": ALL,
    "catalog.variant": ALL,
    "catalog.feedrun": ALL,
    "catalog.feedsource": ALL,
    "catalog.synonym": ALL,
    "identity.page": ALL,
    "search.embeddingfailure": ("view", "delete"),  # to retry
    "search.emptysearch": CHANGE,
}
_OPERATOR: Rights = _VIEWER | {
    "axes.accessattempt": ("view", "delete"),
    "keys.apikey": VIEW,
    "search.embeddingfailure": ("view", "delete"),
    "search.encoder": ALL,
    "webhooks.webhookendpoint": ALL,
    "webhooks.webhookmessage": CHANGE,
}
ROLES: dict[str, Rights | None] = {
    "Viewer": _VIEWER,
    "Merchandiser": _MERCHANDISER,
    "Operator": _OPERATOR,
    "Owner": None,  # everything
}


def write_roles(
    sender: Any = None, using: str = DEFAULT_DB_ALIAS, **signal: Any
) -> None:
    """Create the roles, and give them the rights of this release."""
    if sender:  # whose permissions Django may make after this
        create_permissions(sender, using=using, verbosity=0)
    groups = Group.objects.using(using)
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    for name, rights in ROLES.items():
        wanted = set(known.values() if rights is None else _keys(rights, known))
        group, _ = groups.get_or_create(name=name)
        if wanted != set(group.permissions.values_list("pk", flat=True)):
            group.permissions.set(wanted)


def _keys(rights: Rights, known: dict[str, int]) -> list[int]:
    names = []
    for table, actions in rights.items():
        app, model = table.split(".")
        names += [f"{app}.{action}_{model}" for action in actions]
    return [known[name] for name in names if name in known]
