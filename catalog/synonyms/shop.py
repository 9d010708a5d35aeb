"""The synonyms of the shop: those of its language, and its own."""

import time
from typing import Any

from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from catalog.synonyms.files import shipped_rules
from catalog.synonyms.models import Synonym
from catalog.synonyms.rules import Synonyms, compile_rules

KEPT_S = 30  # in each process, so that a new rule counts everywhere after this time
# Not in a cache, which would pickle them for each search: language -> until when, rules
_kept: dict[str, tuple[float, Synonyms]] = {}


def shop_synonyms() -> Synonyms:
    language = settings.SHOP_LANGUAGE
    expires, synonyms = _kept.get(language, (0.0, None))
    if synonyms is None or time.monotonic() > expires:
        synonyms = compile_rules([*shipped_rules(language), *Synonym.objects.rules()])
        _kept[language] = (time.monotonic() + KEPT_S, synonyms)
    return synonyms


@receiver([post_save, post_delete], sender=Synonym)
def forget_synonyms(**kwargs: Any) -> None:
    _kept.clear()
