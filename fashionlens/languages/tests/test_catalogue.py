"""Every text that a shopper reads has a translation."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

from catalog.photos.colours import COLOUR_NAMES
from fashionlens.languages.catalogue import (
    LANGUAGES,
    collect_texts,
    compiled,
    po_file,
    read_translations,
)
from fashionlens.languages.vocabulary import VOCABULARY
from ml.attributes.names import KINDS, PATTERNS
from ml.encoder import Encoder

STAFF = ("admin", "search", "style")  # folders of templates in English
SHOWN = {"alt", "aria-label", "placeholder", "title", "label"}
UNTRANSLATED = {"Admin"}  # a link of the staff
UPDATE = "Run `manage.py translations`, then fill in the empty lines of the .po file."


@pytest.fixture(scope="module")
def texts():
    return {(one.context, one.id) for one in collect_texts() if one.id}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(texts, language):
    messages = [one for one in read_translations(language) if one.id]
    assert {(one.context, one.id) for one in messages} == texts, UPDATE
    empty = [
        one.id
        for one in messages
        if not (all(one.string) if isinstance(one.string, tuple) else one.string)
    ]
    assert empty == [], UPDATE


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_are_compiled(language):
    stored = po_file(language).with_suffix(".mo").read_bytes()
    assert stored == compiled(read_translations(language)), UPDATE


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_fields_of_their_texts(language):
    for one in read_translations(language):
        given, written = (
            [*text] if isinstance(text, tuple) else [text]
            for text in (one.id, one.string)
        )
        if one.id:
            assert [*map(_fields, written)] == [*map(_fields, given)], one.id


def _fields(text: str) -> set[str]:
    fields = re.findall(r"%\(\w+\)\w|%[sd]|\{\w+", text)
    return {field for field in fields if field not in ("%d", "{kind")}


def templates() -> Iterator[Path]:
    root = settings.BASE_DIR / "templates"
    for path in sorted(root.rglob("*.html")):
        if path.relative_to(root).parts[0] not in STAFF:
            yield path


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [text or "" for name, text in attrs if name in SHOWN]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_templates_have_no_text_of_their_own():
    tags = re.compile(
        r"(?s)\{% blocktranslate.*?endblocktranslate %\}"
        r"|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}"
    )
    words = re.compile("[A-Z][a-z]{2}|[a-z]{2} [a-z]{2}")
    found = {}
    for path in templates():
        parser = _Texts()
        parser.feed(tags.sub("", path.read_text()))
        own = {" ".join(text.split()) for text in parser.texts}
        if own := {text for text in own if words.search(text)} - UNTRANSLATED:
            found[path.name] = own
    assert found == {}


def test_scripts_have_no_text_of_their_own():
    folder = settings.BASE_DIR / "fashionlens/storefront/static/storefront"
    sentence = re.compile(r"""(["'`])([A-Z][a-z]+( [a-z]+)+|[a-z]+ [a-z]+ [a-z ]+)\1""")
    found = {
        match[2]
        for path in folder.glob("*.js")
        for line in path.read_text().splitlines()
        for match in sentence.finditer(line.partition("//")[0])
    }
    assert found == set()


def test_the_vocabulary_has_the_names_of_facets_and_of_the_encoder():
    colours = {name.replace("-", " ") for name in Encoder.load().colours}
    assert colours | set(COLOUR_NAMES) <= set(VOCABULARY["colour"])
    assert set(KINDS.values()) <= set(VOCABULARY["kind"])
    assert set(PATTERNS.values()) <= set(VOCABULARY["seen_pattern"])
