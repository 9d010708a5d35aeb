"""The synonyms of the shop: those of its language and of the page's, and its own."""

import time
from typing import Any

from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils.translation import get_language

from catalog.synonyms.files import shipped_rules
from catalog.synonyms.models import Synonym
from catalog.synonyms.rules import Synonyms, compile_rules

KEPT_S = 30  # in each process, so that a new rule counts everywhere after this time
# Languages of pages -> the text search configurations with rules.
_PAGES = {"en": "english", "de": "german"}
# By languages, until when, and the rules. Not in a cache, which would pickle them for
# each search.
_kept: dict[tuple[str, ...], tuple[float, Synonyms]] = {}


def shop_synonyms() -> Synonyms:
    # Whoever reads German pages may search an English shop for a "Kleid".
    page = _PAGES.get(get_language() or "", settings.SHOP_LANGUAGE)
    languages = tuple(dict.fromkeys([settings.SHOP_LANGUAGE, page]))
    expires, synonyms = _kept.get(languages, (0.0, None))
    if synonyms is None or time.monotonic() > expires:
        shipped = [rule for language in languages for rule in shipped_rules(language)]
        synonyms = compile_rules([*shipped, *Synonym.objects.rules()])
        _kept[languages] = (time.monotonic() + KEPT_S, synonyms)
    return synonyms


@receiver([post_save, post_delete], sender=Synonym)
def forget_synonyms(**kwargs: Any) -> None:
    _kept.clear()
