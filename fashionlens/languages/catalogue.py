"""Collect the texts to translate, and compile their translations, without gettext's
own programs."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from fashionlens.languages.vocabulary import VOCABULARY

LANGUAGES = ("de",)  # besides English, in which the texts are written
_PYTHON = ("fashionlens", "catalog", "search", "ml/photo")
_KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    "npgettext": ((1, "c"), 2, 3),
    "PhotoError": (2,),  # translated by the pages that show it
}


def po_file(language: str) -> Path:
    return settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po"


def read_translations(language: str) -> Catalog:
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def updated(translations: Catalog, texts: Catalog) -> Catalog:
    """Return the translations of the texts alone; new texts have none."""
    translations.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    translations.obsolete.clear()
    return translations


def write_translations(language: str, translations: Catalog) -> None:
    with po_file(language).open("wb") as file:
        # Without line numbers: they change with every line of code.
        write_po(file, translations, sort_output=True, no_location=True, width=88)
    po_file(language).with_suffix(".mo").write_bytes(compiled(translations))


def compiled(translations: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, translations)
    return file.getvalue()


def collect_texts() -> Catalog:
    """Return the texts of pages, scripts and messages, and the shop's vocabulary."""
    texts = Catalog(charset="utf-8")
    for method, path in _sources():
        with path.open("rb") as file:
            for _, message, _, context in extract(method, file, _KEYWORDS):
                texts.add(message, context=context)
    for context, names in VOCABULARY.items():
        for name in names:
            texts.add(name, context=context)
    return texts


def _sources() -> Iterator[tuple[Any, Path]]:
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html")):
        yield _extract_template, path
    for folder in _PYTHON:
        for path in sorted((settings.BASE_DIR / folder).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts):
                yield extract_python, path


def _extract_template(
    file: Any, keywords: Any, comments: Any, options: Any
) -> Iterator[Any]:
    source = templatize(file.read().decode())
    # As Python to Babel, to which the indentation of a template means nothing.
    lines = "\n".join(line.strip() for line in source.split("\n"))
    return extract_python(io.BytesIO(lines.encode()), keywords, comments, options)
