"""Feeds as files: delimiters, encodings, headings, broken rows."""

import csv
import tracemalloc
from pathlib import Path

import pytest

from catalog.feeds.columns import FeedRefused, Record
from catalog.feeds.formats.delimited import MAX_CHARS
from catalog.feeds.formats.source import open_feed
from catalog.feeds.records import record_file

HEAD = "id,title,price\n"


@pytest.fixture
def feed(tmp_path):
    """Return a function that writes the file of a feed."""

    def write(content: str | bytes, name: str = "feed.csv") -> Path:
        path = tmp_path / name
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(data)
        return path

    return write


def read(path: Path, **options) -> list[Record]:
    return list(open_feed(path, **options))


def count_rows(path: Path) -> int:
    with record_file(open_feed(path)) as records:
        return records.count


def values(path: Path, **options) -> list[dict[str, str]]:
    return [dict(record.cells) for record in read(path, **options)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_detected(feed, delimiter, newline):
    rows = ["id,title,price,note", 'A1,"Coat, long; warm|new",19.90,x']
    table = list(csv.reader(rows))
    text = newline.join(delimiter.join(f'"{cell}"' for cell in row) for row in table)
    path = feed(text + newline)
    assert values(path) == [
        {"id": "A1", "title": "Coat, long; warm|new", "price": "19.90"}
    ]
    assert open_feed(path).unused_headings == ["note"]


@pytest.mark.parametrize(
    ("encoding", "option"),
    [
        *[(name, "") for name in ("utf-8", "utf-8-sig", "utf-16")],
        *[(name, name) for name in ("cp1254", "utf-16-le", "utf-8")],
    ],
)
def test_the_encoding_is_detected_or_passed(feed, encoding, option):
    path = feed(f"{HEAD}A1,Gömlek şal,19.90\n".encode(encoding))
    assert values(path, encoding=option)[0]["title"] == "Gömlek şal"


def test_big_endian_utf_16_is_detected(feed):
    path = feed(b"\xfe\xff" + f"{HEAD}A1,日本,1\n".encode("utf-16-be"))
    assert values(path)[0]["title"] == "日本"


@pytest.mark.parametrize(
    ("headings", "columns"),
    [
        ("ID,Image Link,PRICE", {"id", "image_link", "price"}),
        ("g:id,g:image-link,x", {"id", "image_link"}),
        ("sku,name,category", {"id", "title", "product_type"}),
        ("image,stock,sku", {"image_link", "quantity", "id"}),
        ("inventory,images,id", {"quantity", "additional_image_link", "id"}),
        (" id , sku ,title", {"id", "title"}),
        ("i\u00add,ti\u200btle,\u2060price", {"id", "title", "price"}),
        ("ID*,Title:,In stock?", {"id", "title", "availability"}),
        ("id,stock,inventory", {"id", "quantity"}),
    ],
)
def test_headings_match_in_any_spelling(feed, headings, columns):
    path = feed(f"{headings}\na,b,c\n")
    assert read(path)[0].cells.keys() == columns


@pytest.mark.parametrize(
    "text", ["id,titel,foo\n1,a,b\n2,c,d\n", '{"id": "1", "titel": "a", "foo": "b"}\n']
)
def test_the_first_rows_are_shown_with_their_columns(feed, text):
    mapping = {"titel": "title"}
    preview = open_feed(feed(text), mapping=mapping).preview(1)
    assert preview.headings == ["id", "titel", "foo"]
    assert preview.columns == ["id", "title", ""]
    assert preview.rows == [["1", "a", "b"]]


def test_a_heading_may_be_left_out(feed):
    path = feed("id,title,price\n1,a,5\n")
    assert values(path, mapping={"title": ""}) == [{"id": "1", "price": "5"}]


def test_a_standard_name_wins_over_an_alias(feed):
    assert values(feed("sku,id,title\nS,I,T\n")) == [{"id": "I", "title": "T"}]


def test_the_mapping_renames_headings(feed):
    path = feed("Artikel-Nr;Bezeichnung;title\n1;Mütze;x\n")
    mapping = {"artikel nr": "sku", "Bezeichnung": "title"}
    assert values(path, mapping=mapping) == [{"id": "1", "title": "Mütze"}]


def test_cells_of_repeated_photo_columns_are_joined(feed):
    path = feed("id,additional_image_link,additional image link\n1,a.jpg,b.jpg\n2,,c\n")
    links = [each["additional_image_link"] for each in values(path)]
    assert links == ["a.jpg,b.jpg", "c"]


def test_a_sep_line_for_excel_is_skipped(feed):
    assert values(feed("sep=;\nid;title\n1;a\n")) == [{"id": "1", "title": "a"}]


def test_rows_have_the_numbers_of_a_spreadsheet(feed):
    path = feed('id,title\n1,"two\nlines"\n\n,\n4,x\n')
    assert [(r.row, r.cells["id"]) for r in read(path)] == [(2, "1"), (5, "4")]
    assert count_rows(path) == 2


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("B,too few", "3 fields"),
        ("B,too,many,fields", "3 fields"),
        ('B,"never closed,1', "quotes"),
        ('B,"5" heel",1', "quotes"),
        (f"B,{'x' * MAX_CHARS},1", f"at most {MAX_CHARS:,} characters"),
        (f'B,"{"x" * MAX_CHARS}",1', f"at most {MAX_CHARS:,} characters"),
    ],
)
def test_a_broken_row_does_not_affect_others(feed, row, error):
    path = feed(f'{HEAD}A,"a",1\n{row}\nC,"c",3\n{row}\nD,d,4,,\n')
    records = read(path)
    assert [(r.row, r.cells.get("id")) for r in records] == [
        *[(2, "A"), (3, None), (4, "C"), (5, None), (6, "D")]
    ]
    assert error in records[1].error


def test_a_long_text_in_quotes_is_one_row(feed):
    text = "<p>" + "\n".join(f"line {n} {'lorem ipsum ' * 8}" for n in range(1200))
    picture = f'<img src=""data:image/png;base64,{"A" * 200_000}"">'
    records = read(feed(f'{HEAD}A,"{text}",1\nB,"{picture}",1\nC,c,1\n'))
    assert [(r.cells["id"], r.error) for r in records] == [
        *[("A", ""), ("B", ""), ("C", "")]
    ]


def test_an_unclosed_quote_breaks_one_row_only(feed):
    rows = "".join(f"{n},plain,1\n" for n in range(20_000))
    records = read(feed(f'{HEAD}B,"open,1\n{rows}'))
    assert len(records) == 20_001
    assert [r.row for r in records if r.error] == [2]
    assert records[-1].cells["id"] == "19999"


def test_an_endless_line_is_not_held_in_memory(feed):
    path = feed(HEAD)
    with path.open("ab") as file:
        file.truncate(60_000_000)  # NUL bytes that take no room on the disk
    with path.open("ab") as file:
        file.write(b"\nA,a,1\n")
    tracemalloc.start()
    records = read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [bool(record.error) for record in records] == [True, False]
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b" \r\n\n", "is empty"),
        (b"id,title\n", "has no products, only headings"),
        (b"id,title\n,\n\n", "has no products, only headings"),
        (b"title,price\nx,1\n", "no column id or sku.*title, price.*--column id="),
        (b"id,foo\n1,2\n", "no other column.*id, foo"),
        (b"id,title,title\n1,2,3\n", "column title more than once"),
        (b"id,title\n1,Bat\xfd\n", "is not in UTF-8.*--encoding cp1252"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(90), "is not a text file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is not a text file"),
        ("id,title\n1,a\n".encode("utf-16-le"), "is not a text file.*utf-16-le"),
        (b"PK\x03\x04" + bytes(90), "Excel workbook.*Save it again"),
        (b"\xd0\xcf\x11\xe0" + bytes(90), "old Excel workbook.*XLSX"),
        (b"\x1f\x8b" + bytes(90), "is compressed"),
        (b'"id,title\n1,a\n', "first row cannot be read"),
        (b"<html><body>404</body></html>", "is a web page"),
        (b"\n<!DOCTYPE HTML><title>Log in</title>", "is a web page"),
        (b"<list></list>", "has no products.*item or"),
    ],
)
def test_other_files_are_refused(feed, content, message):
    with pytest.raises(FeedRefused, match=message) as refused:
        count_rows(feed(content))
    assert "\n" not in str(refused.value)


def test_counting_rows_refuses_a_wrong_byte_far_down(feed):
    rows = "".join(f"{n},plain,1\n" for n in range(20_000))
    path = feed(f"{HEAD}{rows}".encode() + b"Z,\xfe,1\n")
    with pytest.raises(FeedRefused, match="--encoding"):
        count_rows(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(FeedRefused, match=r"There is no file .*none\.csv"):
        open_feed(tmp_path / "none.csv")
    with pytest.raises(FeedRefused, match="is a folder"):
        open_feed(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoding": "klingon"}, "Python knows no encoding"),
        ({"encoding": "rot13"}, "Python knows no encoding"),
        ({"mapping": {"Farbe": "hue"}}, "no column hue.*id, title"),
        ({"mapping": {"Bezeichnung": "title"}}, "no column Bezeichnung.*id, title"),
    ],
)
def test_unusable_options_are_refused(feed, options, message):
    with pytest.raises(FeedRefused, match=message):
        open_feed(feed(f"{HEAD}1,2,3\n"), **options)


RSS = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>
<title>Shop</title><description>not a product's</description>
%s
</channel></rss>"""
ITEM = """<item><title>plain</title><g:title>Şal &amp; gömlek</g:title><g:id>A1</g:id>
<description><![CDATA[<p>Soft</p>]]></description><g:price>19.90 EUR</g:price>
<g:shipping><g:price>4.90 EUR</g:price></g:shipping><link>https://x.example/</link>
<g:additional_image_link>a.jpg</g:additional_image_link>
<g:additional_image_link>b.jpg</g:additional_image_link></item>"""


def test_rss_is_read(feed):
    path = feed(RSS % (ITEM + ITEM.replace("A1", "A2")), "feed.xml")
    first, second = read(path)
    assert first.cells == {
        "title": "Şal & gömlek",
        "id": "A1",
        "description": "<p>Soft</p>",
        "price": "19.90 EUR",
        "link": "https://x.example/",
        "additional_image_link": "a.jpg,b.jpg",
    }
    assert (second.row, second.cells["id"]) == (2, "A2")
    assert open_feed(path).unused_headings == ["shipping"]


def test_atom_is_read(feed):
    path = feed(
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/'
        '1.0"><title>Shop</title><entry><id>tag:x</id><g:id>A1</g:id>'
        "<title>Coat</title></entry></feed>"
    )
    assert values(path) == [{"id": "A1", "title": "Coat"}]


def test_xml_in_its_own_encoding_is_read(feed):
    text = (RSS % ITEM).replace('"1.0"?', '"1.0" encoding="iso-8859-9"?')
    assert values(feed(text.encode("iso-8859-9")))[0]["title"] == "Şal & gömlek"
    assert values(feed((RSS % ITEM).encode("utf-16")))[0]["id"] == "A1"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1/x.dtd">',
    ],
)
def test_a_doctype_is_refused_before_it_is_read(feed, doctype):
    text = (RSS % ITEM).replace("?>\n<rss", f"?>\n{doctype}<rss")
    with pytest.raises(FeedRefused, match="has a DOCTYPE"):
        open_feed(feed(text.replace("plain", "&x;")))


def test_counting_rows_refuses_broken_xml(feed):
    path = feed((RSS % (ITEM * 1000))[:-30])
    with pytest.raises(FeedRefused, match=r"is broken XML: .*line"):
        count_rows(path)


def test_a_huge_element_does_not_affect_other_items(feed):
    path = feed(RSS % (ITEM + ITEM.replace("Soft", "x" * 10**7) + ITEM))
    tracemalloc.start()
    records = read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [bool(record.error) for record in records] == [False, True, False]
    assert peak < 5_000_000
