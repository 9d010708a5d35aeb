"""What distinguishes the variants of a product in shop systems: options by name."""

import re
from collections.abc import Iterable
from unicodedata import combining

from catalog.slugs import comparable, in_plain_letters

# In the languages of large shops, as `in_plain_letters` spells them.
_COLUMNS = {
    "color": "color colour farbe couleur colore kleur cor kolor renk barva farba szin"
    " vari farve farg farge culoare цвет колір 色 カラー 颜色",
    "size": "size grosse groesse taille talla taglia maat tamanho rozmiar beden"
    " velikost meret koko storrelse storlek marime размер розмір サイズ 尺码",
    "material": "material matiere materiale materiaal stoff fabric kumas",
    "pattern": "pattern muster motif print desen",
    "gender": "gender geschlecht genre genero sesso geslacht",
    "age_group": "age_group altersgruppe",
}
_NAMES = {name: column for column, names in _COLUMNS.items() for name in names.split()}
# Shopify's name for the only option of a product without options.
_NONE = ("title", "default title")


def split_options(
    options: Iterable[tuple[str, str]], *, is_variant: bool
) -> dict[str, str]:
    """Return cells by column; a variant's other options are part of its size."""
    cells: dict[str, list[str]] = {}
    for name, value in options:
        key = _without_accents(in_plain_letters(comparable(name)))
        if not value.strip() or (key, comparable(value)) == _NONE:
            continue
        words = [key.replace(" ", "_"), *re.split("[ _-]+", key)]
        column = next((_NAMES[word] for word in words if word in _NAMES), "")
        if column not in ("color", "size") and is_variant:
            column = "size"  # for people choose by it, too
        if column:
            cells.setdefault(column, []).append(value.strip())
    return {column: " / ".join(values) for column, values in cells.items()}


def _without_accents(decomposed: str) -> str:
    return "".join(letter for letter in decomposed if not combining(letter))
