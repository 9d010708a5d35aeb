import hashlib
import re
from collections import Counter

import pytest

from catalog.categories import CATEGORY_NAMES
from catalog.photos.colours import COLOUR_NAMES
from catalog.slugs import slug_of
from fashionlens.demo.texts import BRANDS, CATEGORY_TEXTS, ProductTexts, describe


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def shop(count: int = 2000) -> list[ProductTexts]:
    categories, colours = list(CATEGORY_NAMES), list(COLOUR_NAMES)
    return [
        describe(
            category=categories[n % len(categories)],
            colour=colours[n % len(colours)],
            key=key(n),
        )
        for n in range(count)
    ]


def test_the_same_photo_gets_the_same_texts():
    first = describe(category="dress", colour="red", key=key(1), number=0)
    assert first == describe(category="dress", colour="red", key=key(1), number=0)


def test_another_number_changes_the_words_but_not_the_sku():
    wordings = [
        describe(category="dress", colour="red", key=key(1), number=n) for n in range(9)
    ]
    assert len({w.sku for w in wordings}) == 1
    assert len({w.description for w in wordings}) > 1


def test_all_texts_of_a_product():
    words = describe(category="t-shirt", colour="navy", key=key(4))
    assert re.fullmatch(r"Navy [a-z -]+ T-shirt", words.title)
    assert words.sku == "TSH-" + key(4)[:10].upper()
    assert words.slug.startswith("navy-") and words.slug.endswith(words.sku.lower())
    assert words.brand in {brand.name for brand in BRANDS}
    assert "navy" in words.description.lower()


def test_skus_and_slugs_of_a_shop_are_unique():
    words = shop()
    assert len({w.sku for w in words}) == len({w.slug for w in words}) == len(words)


def test_prices_follow_the_category_and_end_like_prices():
    prices: dict[str, list[int]] = {}
    for words in shop():
        prices.setdefault(words.sku[:3], []).append(words.price_cents)
        assert words.price_cents % 100 in (0, 50, 90, 95)
    mean = {code: sum(cents) / len(cents) for code, cents in prices.items()}
    assert mean["HAT"] < mean["DRS"] < mean["OUT"]
    assert mean["TSH"] < mean["SHI"] < mean["SHO"]


def test_about_six_percent_are_sold_out():
    stock = Counter(min(words.stock, 4) for words in shop())
    assert 0.04 < stock[0] / 2000 < 0.08
    assert all(stock[few] for few in (1, 2, 3))
    assert stock[4] > 1400


def test_garments_have_sizes_that_hold_their_stock():
    for each in shop():
        assert sum(each.sizes.values()) == (each.stock if each.sizes else 0)
    of_dress = describe(category="dress", colour="red", key=key(1)).sizes
    assert [*of_dress] == ["XS", "S", "M", "L", "XL"]
    assert not describe(category="hat", colour="red", key=key(1)).sizes
    assert not describe(category="Own things", colour="red", key=key(1)).sizes


def test_some_garments_are_on_sale():
    words = shop()
    reduced = [each for each in words if each.sale_price_cents is not None]
    assert 0.08 < len(reduced) / len(words) < 0.16
    for each in reduced:
        assert each.sale_price_cents is not None
        assert 0 < each.sale_price_cents < each.price_cents


def test_photos_of_one_style_share_all_but_the_colour():
    red, navy = (
        describe(category="dress", colour=colour, key=key(n), style="dress-skater")
        for n, colour in enumerate(("red", "navy"))
    )
    assert red.title.replace("Red", "Navy") == navy.title
    assert (red.brand, red.price_cents) == (navy.brand, navy.price_cents)
    assert red.sku != navy.sku


def test_descriptions_are_two_sentences_in_plain_words():
    for words in shop():
        assert len(re.findall(r"[.](?:\s|$)", words.description)) == 2, words
        assert words.description[0].isupper()
        assert "!" not in words.description
        assert "  " not in words.description
        assert len(words.title) <= 160


def test_shoes_are_described_in_the_plural():
    words = [describe(category="shoes", colour="red", key=key(n)) for n in range(60)]
    assert not any("this red shoes" in w.description.lower() for w in words)
    assert any("these red shoes are" in w.description.lower() for w in words)
    assert not any(" it " in w.description for w in words)


def test_the_article_is_an_before_a_vowel():
    text = " ".join(words.description for words in shop())
    assert " an everyday " in f" {text.lower()}"
    assert not re.search(r"\b[Aa] [aeio]|\b[Aa]n [^aeio]", text)


def test_specialised_brands_make_their_categories_only():
    brands = {
        describe(category="pants", colour="red", key=key(n)).brand for n in range(300)
    }
    assert len(brands) == 11
    assert not brands & {"Cobble & Last", "Crown & Brim", "Tamsin Vale"}


def test_every_category_has_a_name_and_a_code_of_its_own():
    assert set(CATEGORY_TEXTS) == set(CATEGORY_NAMES)
    assert len({words.code for words in CATEGORY_TEXTS.values()}) == len(CATEGORY_TEXTS)


@pytest.mark.parametrize(
    ("folder", "code"),
    [
        ("Hoodies & Sweat", "HOO"),
        ("été_2026", "ETE"),
        ("帽子", "FLS"),
        ("x" * 300, "XXX"),
        ("<script>\n", "SCR"),
        ("..", "FLS"),
        ("", "FLS"),
    ],
)
def test_unknown_categories_get_texts(folder, code):
    words = describe(category=folder, colour="light blue", key=key(7))
    assert words.sku == f"{code}-{key(7)[:10].upper()}"
    assert re.fullmatch(r"[a-z0-9-]+", words.slug)
    assert len(words.slug) <= 160 and len(words.title) <= 160
    assert words.title.startswith("Light blue ")
    assert "\n" not in words.title + words.description


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("K\u0131rm\u0131z\u0131 İpek Elbise", "kirmizi-ipek-elbise"),
        ("Weiße Grüße", "weisse-grusse"),
        ("KØBENHAVN Łódź", "kobenhavn-lodz"),
    ],
)
def test_slugs_transliterate_european_letters(title, slug):
    assert slug_of(title) == slug
