# ruff: noqa: RUF001  (other widths and scripts are the point)
import pytest

from catalog.product_words.document import code_words
from catalog.product_words.letters import fold
from catalog.product_words.terms import split_terms


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Crème BRÛLÉE", "creme brulee"),
        ("Łódź Röcke Strauß œuvre", "lodz rocke strauss oeuvre"),
        ("\N{LATIN SMALL LIGATURE FI}ne Ｔ１", "fine t1"),
        ("sof\N{SOFT HYPHEN}t \N{RIGHT-TO-LEFT OVERRIDE}coat", "soft coat"),
        ("İstanbul ıssız", "istanbul issiz"),
        ("Levi™", "levi "),
        ("ガ й ё", "ガ й е"),
        ("قَمِيص", "قميص"),
        ("ﾜﾝﾋﾟｰｽ", "ワンピース"),
    ],
)
def test_spellings_of_a_word_are_folded_to_one(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "parts", "wholes"),
    [
        ("Black/White", ("black", "white"), ("blackwhite",)),
        ("Slim.Fit", ("slim", "fit"), ("slimfit",)),
        ("V\N{NON-BREAKING HYPHEN}neck", ("v", "neck"), ("vneck",)),
        ("women\N{RIGHT SINGLE QUOTATION MARK}s", ("women", "s"), ("womens",)),
        ("cotton+silk", ("cotton", "silk"), ("cottonsilk",)),
        ("H&M", ("h", "m"), ("hm",)),
        ("1,5", ("1", "5"), ("1dot5",)),
        ("1.5", ("1", "5"), ("1dot5",)),
        ("1.000", ("1", "000"), ("1dot000", "1000")),
        ("赤いドレス", ("赤い", "いド", "ドレ", "レス", "ス"), ()),
        ("साड़ी", ("साड़ी",), ()),
    ],
)
def test_joined_words_have_parts_and_a_whole(text, parts, wholes):
    (term,) = split_terms(text)
    assert (term.parts, term.wholes) == (parts, wholes)


def test_no_text_is_without_end():
    assert list(split_terms("-'/." * 1000)) == []
    (term,) = split_terms("-".join(["part"] * 500))
    assert term.wholes == ()
    assert len(next(split_terms("x" * 10_000)).parts[0]) == 40


def test_codes_are_found_by_their_parts_and_ends():
    assert code_words("C03-17") >= {"c03", "17", "c0317", "0317"}
    assert "1000" in code_words("4006381331000")
    assert len(code_words("X" * 64)) == 1
