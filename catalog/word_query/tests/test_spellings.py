# ruff: noqa: RUF001  (other widths and scripts are the point)
"""Words are found however the merchant and the shopper write them."""

import pytest
from django.core.checks import run_checks

from catalog.product_words.sweep import refresh_pending
from catalog.tests.factories import make_product
from catalog.tests.results import found
from catalog.words import MAX_WORDS_CHARS, find, interpret

pytestmark = pytest.mark.django_db


def is_found(words: str, title: str) -> bool:
    return title in found(words)


@pytest.mark.parametrize(
    ("title", "queries"),
    [
        ("Crème cardigan", ["creme cardigan", "crème", "CRÈME", "cre\u0300me"]),
        ("Cafe coat", ["café coat"]),
        ("Łódź scarf", ["lodz", "łódź"]),
        ("Strauß hat", ["strauss", "strauß"]),
        ("Black/White blouse", ["black", "white", "white blouse", "black/white"]),
        ("Black/White blouse", ["blackwhite", "black white", "white/black"]),
        ("Slim.Fit jeans", ["slim fit", "slim", "fit", "slimfit", "slim-fit"]),
        ("Cotton+Silk top", ["cotton", "silk", "cotton silk", "cotton+silk"]),
        ("V-neck top", ["v-neck", "V neck", "vneck", "neck", '"v-neck top"']),
        ("V neck top", ["v-neck", "V neck", "vneck"]),
        ("Vneck top", ["v-neck", "V neck", "vneck"]),
        ("A-line skirt", ["a-line", "a line", "aline", "a line skirt"]),
        ("T\u2011shirt", ["t-shirt", "tshirt", "t shirt", "T\u2013shirts", "tshirts"]),
        ("Tshirt", ["t-shirt", "tshirt", "t shirt"]),
        ("Women\u2019s blazer", ["women's", "womens", "women", "women\u02bcs"]),
        ("O'Neill shorts", ["oneill", "o'neill", "neill", "O\u2019Neill"]),
        ("H&M coat", ["h&m", "hm"]),
        ("Raincoat", ["rain coat", "rain-coat"]),
        ("Rain coat", ["raincoat", "rain-coat"]),
        ("Heel 1,5 cm", ["1.5", "1,5", "1.5 cm"]),
        ("Heel 1.5 cm", ["1.5", "1,5"]),
        ("Jeans W32/L34", ["w32", "l34", "w32/l34", "w32l34"]),
        ("Boots 36-41", ["36", "41", "36-41"]),
        ("Ｄｒｅｓｓ １２", ["dress", "dress 12"]),
        ("So\u00adft dre\u200bss", ["soft dress"]),
        ("赤いワンピース", ["ワンピース", "赤い", "赤", "ﾜﾝﾋﾟｰｽ", "ワンピース 赤い"]),
        ("连衣裙红色夏季", ["红色", "连衣裙", "季", "夏季 红色"]),
        ("연분홍원피스", ["원피스"]),
        ("เสื้อเชิ้ตสีแดง", ["สีแดง", "เสื้อเชิ้ต"]),
        ("Ｔシャツ 白", ["Tシャツ", "白", "シャツ"]),
        ("Платье чёрное", ["черное", "ПЛАТЬЕ"]),
        ("Φόρεμα", ["φορεμα"]),
        ("قَمِيص أحمر", ["قميص", "احمر"]),
        ("שמלה אדומה", ["שמלה"]),
        ("साड़ी लाल", ["साड़ी"]),
        ("Dress \N{DRESS} xxl", ["\N{DRESS}", "dress xxl"]),
        ("Dresses", ["dress"]),
        ("Dress", ["dresses"]),
    ],
)
def test_spellings_find_each_other(title, queries):
    make_product(title="Other thing", brand="")
    make_product(title=title, brand="")
    assert [words for words in queries if not is_found(words, title)] == []
    assert not any(interpret(words).corrected for words in queries)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("White shirt", "t-shirt"),
        ("Neck warmer", "v-neck"),
        ("15 cm heel", "1.5"),
        ("红连衣裙色", "红色"),
        ("Coat for rain", "raincoat"),
    ],
)
def test_parts_are_not_taken_for_the_whole(title, words):
    make_product(title=title, brand="")
    assert not is_found(words, title)


@pytest.mark.parametrize(
    "words", ["C03-17", "c03-17", "C0317", "c03 17", "C03-17 cape", "0317", "C03"]
)
def test_products_are_found_by_sku_and_its_parts(words):
    make_product(title="Red cape", sku="C03-17")
    make_product(title="Blue cape", sku="D44-20")
    assert found(words) == ["Red cape"]


@pytest.mark.parametrize("dash", "-\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d")
def test_every_dash_joins(dash):
    make_product(title=f"Zip{dash}up hoody")
    assert is_found("zip-up", f"Zip{dash}up hoody")
    assert is_found("zip up hoody", f"Zip{dash}up hoody")


@pytest.mark.parametrize(
    ("language", "title", "queries"),
    [
        ("german", "Röcke", ["rock", "röcke", "roecke", "rocke", "Rocke"]),
        ("german", "Roecke", ["röcke", "roecke"]),
        ("german", "Schwarze Kleider", ["schwarzes kleid", "das kleid"]),
        ("french", "Chemises brodées", ["chemise", "la chemise"]),
        ("russian", "Красные платья", ["красное платье"]),
        ("simple", "Dress", ["dress"]),
    ],
)
def test_the_language_of_the_shop_stems(settings, language, title, queries):
    settings.SHOP_LANGUAGE = language
    make_product(title=title, brand="")
    assert [words for words in queries if not is_found(words, title)] == []


def test_a_change_of_language_makes_all_words_pending(settings):
    make_product(title="Röcke")
    assert refresh_pending() == 0
    settings.SHOP_LANGUAGE = "german"
    assert refresh_pending() == 1
    assert found("rock") == ["Röcke"]


def test_a_language_that_postgres_does_not_know_is_named(settings):
    settings.SHOP_LANGUAGE = "klingon"
    (error,) = run_checks(tags=["database"], databases=["default"])
    assert error.id == "catalog.E001"
    assert "klingon" in error.msg
    assert "german" in error.hint


@pytest.mark.parametrize(
    "words",
    [
        "a b c d e f g h i j k l m n o p q r s t u v w x y z " * 3,
        "shirt & !dress | (coat <-> hat):*",
        "'; SELECT 1 --",
        "!@#$%^&*()",
        "٪،؛؟",
        "שמלה red 赤い платье",
        "\u202egnirts",
        "or or or",
        "-or",
        '"" "a" -"',
        "\\' \\",
        "\N{DRESS}" * 50,
        "\U0001f469\u200d\U0001f467",
        "赤" * 200,
        "a-b-c-d-e-f-g-h-i-j-k",
        "1,2,3.4.5,6",
    ],
)
def test_no_words_are_an_error(words):
    make_product(title="Shirt")
    assert find(words[:MAX_WORDS_CHARS]) in ([], find("shirt"))
