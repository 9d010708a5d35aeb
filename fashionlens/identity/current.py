"""The shop's identity, read once a minute in each process."""

from dataclasses import dataclass

from django.core.cache import caches
from django.db import DatabaseError

from fashionlens.identity.models import Page, Shop

_KEY, _AGE_S = "identity", 60


@dataclass
class Identity:
    shop: Shop
    pages: list[Page]


def current_identity() -> Identity:
    """Return what is set, or the defaults while the database does not answer."""
    if known := caches["process"].get(_KEY):
        return known
    try:
        pages = list(Page.objects.defer("text"))
        identity = Identity(Shop.objects.first() or Shop(), pages)
    except DatabaseError:
        return Identity(Shop(), [])
    remember_identity(identity)
    return identity


def remember_identity(identity: Identity) -> None:
    caches["process"].set(_KEY, identity, _AGE_S)


def forget_identity(**kwargs: object) -> None:
    """Let this process show a change at once, the others within a minute."""
    caches["process"].delete(_KEY)
