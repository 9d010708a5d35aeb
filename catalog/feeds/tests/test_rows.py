"""The checks of a feed's rows."""

import unicodedata

import pytest

from catalog.feeds.columns import Record
from catalog.feeds.parsers import split_links
from catalog.feeds.rows import ProductRow, read_row
from catalog.variants.models import Variant

GOOD = {"id": "A1", "title": "Coat", "price": "19.90"}


def row(**values: str) -> ProductRow:
    return read_row(Record(2, GOOD | values), currency="EUR")


def test_a_row_has_values_for_its_columns_only():
    assert read_row(Record(2, {"id": "A1"}), currency="EUR") == ProductRow(
        2, "A1", {"sku": "A1"}
    )
    whole = row(description="Warm.", brand="Nordlys", price="EUR 5", quantity="3")
    assert whole.problems == []
    assert whole.values == {
        **{
            "sku": "A1",
            "quantity": 3,
            "title": "Coat",
            "description": "Warm.",
            "brand": "Nordlys",
        },
        **{"price_cents": 500, "currency": "EUR"},
    }


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("id", "", "blank"),
        ("id", "A\x071", "printable"),
        ("id", "..", "printable"),
        ("id", "A/../1", "printable"),
        ("id", "A/.", "printable"),
        ("id", "a" * 65, "at most 64"),
        ("title", " ", "blank"),
        ("title", "<b></b>", "blank"),
        ("title", "a" * 161, "at most 160"),
        ("brand", "a" * 81, "at most 80"),
        ("price", "", "19.90 EUR"),
        ("price", "free", "19.90 EUR"),
        ("price", "1.299", "1299.00"),
        ("price", "19.90 USD", "in EUR, the shop's currency, not in USD"),
        ("price", "99999999.99", "2147483647"),
        ("product_type", f"A > {'b' * 81}", "at most 80"),
        ("quantity", "many", "a whole number"),
        ("quantity", "1.5", "a whole number"),
        ("quantity", "9999999999", "2147483647"),
        ("availability", "maybe", "in_stock, out_of_stock"),
        ("additional_image_link", ",".join(map(str, range(51))), "at most 50 photos"),
        ("description", "a\0b", "without NUL"),
        ("image_link", "a\0.jpg", "without NUL"),
    ],
)
def test_a_wrong_cell_is_a_problem(column, value, expected):
    [problem] = row(**{column: value}).problems
    assert (problem.row, problem.column) == (2, column)
    assert problem.value == value.strip()
    assert expected in problem.expected
    assert f"{column} " in str(problem)
    assert len(str(problem)) < 400


def test_an_id_has_no_invisible_characters():
    assert row(id="\ufeffA\u00ad-\u200b1 ").sku == "A-1"
    assert row(id="A\u200b1").values["sku"] == "A1"


@pytest.mark.parametrize(
    "sku", ["KLEID/42", "B 1", "Ä1", "-1", "裙", "50%", "a?b#c", "A..1/.x", "/A//"]
)
def test_an_id_is_any_printable_text(sku):
    assert row(id=sku).problems == []
    assert row(id=f" {sku}\t").sku == sku


def test_all_problems_of_a_row_are_reported():
    problems = row(title="", price="x", quantity="y").problems
    assert [problem.column for problem in problems] == ["title", "price", "quantity"]


def test_a_row_without_an_id_identifies_no_product():
    assert row(title="").identifies_product
    assert not row(id="").identifies_product
    assert not read_row(Record(3, error="3 fields"), currency="EUR").identifies_product


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("  Warm \t coat\n", "Warm coat"),
        (unicodedata.normalize("NFD", "Gömlek"), "Gömlek"),
        ("レディース Ｔシャツ", "レディース Ｔシャツ"),
        ("Пальто", "Пальто"),
        ("H&M coat", "H&M coat"),
        ("H&amp;M coat", "H&M coat"),
        ("Coat <b>warm</b>", "Coat warm"),
        ("Size < 40 & > 38", "Size < 40 & > 38"),
        ("Bell\x07", "Bell"),
        ("\ufeffMan\u00adtel\u200b \u2060lang\u200d", "Mantel lang"),
        ("e\u00ad\u0301te\u0301", "été"),
        ("क्\u200dष", "क्\u200dष"),
        ("Jacket <XL> wide", "Jacket <XL> wide"),
        ("Jacket <b>warm</b> <XL> & <S>", "Jacket warm <XL> & <S>"),
        ("Size <M & >S", "Size <M & >S"),
        ("Skirt <new> &amp; <old>", "Skirt <new> & <old>"),
        ("Tee I <3 NY<br>", "Tee I <3 NY"),
    ],
)
def test_a_title_is_one_line_of_plain_text(text, title):
    assert row(title=text).values["title"] == title


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Warm.</p><p>Soft&nbsp;&amp; long.</p>", "Warm.\n\nSoft & long."),
        ("Warm<br/>soft<ul><li>a</li><li>b</li></ul>", "Warm\nsoft\na\nb"),
        ("&lt;p&gt;escaped &amp;uuml;&lt;/p&gt;", "escaped ü"),
        ("<script>alert(1)</script><style>p {}</style>Text", "Text"),
        ("<img src=x onerror=alert(1)>Text", "Text"),
        ("two\nlines", "two\nlines"),
        ("<div><strong>cut", "cut"),
        ("<p>sizes <M</p>", "sizes <M"),
        ('<a href="/x">link</a> <s>old</s> new', "link old new"),
        ("&lt;p&gt;in &lt;XL&gt; too&lt;/p&gt;", "in <XL> too"),
        ("a < b, c > d", "a < b, c > d"),
        ("<!-- no -->Text", "Text"),
    ],
)
def test_html_becomes_plain_text(html, text):
    assert row(description=html).values["description"] == text


@pytest.mark.parametrize(
    ("values", "category"),
    [
        ({"product_type": "Apparel > Women > Dresses"}, "Dresses"),
        ({"product_type": "Giyim &gt; Gömlek > "}, "Gömlek"),
        ({"product_type": "", "google_product_category": "A > Hats"}, "Hats"),
        ({"google_product_category": "1604"}, ""),
        ({"product_type": "501"}, "501"),
        ({"product_type": " > "}, ""),
    ],
)
def test_the_category_is_the_last_step(values, category):
    assert row(**values).category == category


@pytest.mark.parametrize(
    ("values", "before", "after"),
    [
        ({}, ("in_stock", 7), ("in_stock", 7)),
        ({}, ("preorder", None), ("preorder", None)),
        ({"quantity": "3"}, ("in_stock", 7), ("in_stock", 3)),
        ({"quantity": "-2"}, ("in_stock", 7), ("in_stock", 0)),
        ({"quantity": "12,00"}, ("in_stock", None), ("in_stock", 12)),
        ({"quantity": "3"}, ("out_of_stock", 0), ("in_stock", 3)),
        ({"quantity": "0"}, ("preorder", None), ("preorder", 0)),
        ({"quantity": ""}, ("in_stock", 7), ("in_stock", 7)),
        ({"availability": "in stock"}, ("in_stock", 7), ("in_stock", 7)),
        ({"availability": "In_Stock"}, ("in_stock", 0), ("in_stock", None)),
        ({"availability": "in_stock"}, ("out_of_stock", 0), ("in_stock", None)),
        ({"availability": "out of stock"}, ("in_stock", 7), ("out_of_stock", 0)),
        ({"availability": "preorder"}, ("in_stock", 0), ("preorder", None)),
        ({"availability": "onbackorder"}, ("in_stock", 7), ("backorder", 7)),
        (
            {"availability": "https://schema.org/InStock"},
            ("in_stock", 0),
            ("in_stock", None),
        ),
        (
            {"availability": "in_stock", "quantity": "4"},
            ("in_stock", 7),
            ("in_stock", 4),
        ),
        (
            {"availability": "in_stock", "quantity": "0"},
            ("in_stock", 7),
            ("in_stock", 0),
        ),
        (
            {"availability": "out_of_stock", "quantity": "4"},
            ("in_stock", 7),
            ("out_of_stock", 0),
        ),
        ({"availability": "", "quantity": "4"}, ("in_stock", 7), ("in_stock", 4)),
    ],
)
def test_stock_follows_quantity_and_availability(values, before, after):
    availability, stock = before
    variant = Variant(availability=availability, quantity=stock)
    for name, value in row(**values).variant_values(variant).items():
        setattr(variant, name, value)
    assert (variant.availability, variant.quantity) == after


def test_links_keep_their_order_without_duplicates():
    links = row(image_link="b.jpg", additional_image_link="a.jpg, b.jpg,,c.jpg").links
    assert links == ["b.jpg", "a.jpg", "c.jpg"]
    assert row(image_link="red, blue.jpg").links == ["red, blue.jpg"]


def test_commas_inside_addresses_do_not_split_them():
    text = "https://x.example/w_1,h_2/a.jpg, https://x.example/b.jpg,//x.example/c"
    assert split_links(text) == [
        *("https://x.example/w_1,h_2/a.jpg", "https://x.example/b.jpg", "//x.example/c")
    ]
