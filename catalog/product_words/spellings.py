"""Other spellings of a folded word in the language of the shop."""

import re

from django.conf import settings

# The vowels that ä, ö and ü are folded to -> as they are written without dots.
_WRITTEN_OUT = re.compile("([aou])e")


def spellings(word: str) -> tuple[str, ...]:
    """Return `rocke` for the German `roecke`, which is also how `Röcke` is folded."""
    if settings.SHOP_LANGUAGE != "german":
        return ()
    plain = _WRITTEN_OUT.sub(r"\1", word)
    return (plain,) if plain != word else ()
