import pytest

from catalog.tests.factories import make_product
from catalog.word_query.highlights import Highlighter
from catalog.words import interpret

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("title", "words", "marked"),
    [
        ("Café blouse", "cafe", "<mark>Café</mark> blouse"),
        ("V-neck shirt", "v-neck", "<mark>V-neck</mark> shirt"),
        ("T-shirt, V-neck", "neck", "T-shirt, V-<mark>neck</mark>"),
        ("Straße shirt", "strasse", "<mark>Straße</mark> shirt"),
        ("Linen shirt", "shirt -linen", None),
        ("Linen shirt", "shirt -silk", "Linen <mark>shirt</mark>"),
        ("Linen shirt", "shrit", "Linen <mark>shirt</mark>"),
        ("Linen shirt", "lin", "<mark>Linen</mark> shirt"),
        ("連衣裙 夏", "連衣裙", "<mark>連衣裙</mark> 夏"),
        ("<b> shirt", "shirt", "&lt;b&gt; <mark>shirt</mark>"),
    ],
)
def test_the_words_found_are_marked(title, words, marked):
    make_product(title=title)
    query = interpret(words)
    highlighter = Highlighter.of(query.query, [title])
    if marked:
        assert highlighter.mark(title) == marked
    else:
        assert "<mark>Linen" not in highlighter.mark(title)


def test_an_excerpt_without_the_words_is_empty():
    make_product(title="shirt")
    highlighter = Highlighter.of(interpret("shirt").query, ["no such thing"])
    assert highlighter.excerpt("no such thing") == ""
