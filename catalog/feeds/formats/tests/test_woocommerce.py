"""WooCommerce's product export."""

import csv
from pathlib import Path

import pytest

from catalog.feeds.columns import Record
from catalog.feeds.formats.source import open_feed
from catalog.feeds.formats.woocommerce import WooCommerceFeed
from catalog.feeds.rows import ProductRow, read_row

HEADINGS = [
    *("ID", "Type", "SKU", "GTIN, UPC, EAN, or ISBN", "Name", "Published"),
    *("Is featured?", "Visibility in catalog", "Short description", "Description"),
    *("Date sale price starts", "Date sale price ends", "In stock?", "Stock"),
    *("Backorders allowed?", "Sale price", "Regular price", "Categories", "Tags"),
    *("Images", "Parent", "External URL", "Position", "Brands"),
    *("Attribute 1 name", "Attribute 1 value(s)", "Attribute 2 name"),
    "Attribute 2 value(s)",
]
HOODIE = {
    "ID": "10",
    "Type": "variable",
    "SKU": "HOOD",
    "Name": "Hoodie",
    "Published": "1",
    "Visibility in catalog": "visible",
    "Short description": "Short.",
    "Description": "<p>Warm &amp; soft.</p>\\n<p>Wash cold.</p>",
    "In stock?": "1",
    "Categories": "Clothing > Hoodies, Sale",
    "Images": "https://x.example/1.jpg, https://x.example/2.jpg",
    "Brands": "Zora",
    "Attribute 1 name": "Color",
    "Attribute 1 value(s)": "Blue, Green",
    "Attribute 2 name": "Size",
    "Attribute 2 value(s)": "S, M",
}
BLUE = {
    "ID": "11",
    "Type": "variation",
    "SKU": "HOOD-B",
    "Name": "Hoodie - Blue, S",
    "Published": "1",
    "In stock?": "1",
    "Stock": "4",
    "Regular price": "45",
    "Sale price": "42,50",
    "Images": "https://x.example/blue.jpg",
    "Parent": "HOOD",
    "Attribute 1 name": "Color",
    "Attribute 1 value(s)": "Blue",
    "Attribute 2 name": "Size",
    "Attribute 2 value(s)": "S",
}
HAT = {
    "ID": "20",
    "Type": "simple",
    "SKU": "HAT",
    "Name": "Hat",
    "Published": "1",
    "In stock?": "backorder",
    "Regular price": "9.90",
    "Categories": "Hats\\, caps",
    "Attribute 1 name": "Material",
    "Attribute 1 value(s)": "Straw",
}


@pytest.fixture
def read(tmp_path: Path):
    def records(*rows: dict[str, str]) -> list[Record]:
        path = tmp_path / "wc-product-export.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, HEADINGS, restval="")
            writer.writeheader()
            writer.writerows(rows)
        feed = open_feed(path)
        assert isinstance(feed, WooCommerceFeed)
        return list(feed)

    return records


def rows(records: list[Record]) -> list[ProductRow]:
    return [read_row(record, currency="EUR") for record in records]


def test_a_variation_inherits_from_its_parent(read):
    [record] = read(HOODIE, BLUE)
    [row] = rows([record])
    assert (row.number, row.sku, row.problems) == (3, "HOOD-B", [])
    assert row.values["title"] == "Hoodie"
    assert row.values["description"].split("\n\n") == ["Warm & soft.", "Wash cold."]
    assert (row.values["brand"], row.category) == ("Zora", "Hoodies")
    assert (row.values["price_cents"], row.values["quantity"]) == (4500, 4)
    assert [link[-8:] for link in row.links] == ["blue.jpg"]  # not other colours'
    assert record.cells["item_group_id"] == "HOOD"
    assert (record.cells["color"], record.cells["size"]) == ("Blue", "S")


def test_a_variation_without_a_photo_has_those_of_its_parent(read):
    [row] = rows(read(HOODIE, BLUE | {"Images": ""}))
    assert [link[-5:] for link in row.links] == ["1.jpg", "2.jpg"]


def test_a_parent_may_come_last_and_be_named_by_its_number(read):
    [record] = read(BLUE | {"Parent": "id:10"}, HOODIE | {"SKU": ""})
    assert record.cells["title"] == "Hoodie"
    assert record.cells["item_group_id"] == "id:10"


def test_a_variation_without_its_parent_is_a_problem(read):
    [record] = read(BLUE)
    assert "parent; it names HOOD" in record.error


def test_a_simple_product_is_read(read):
    [record] = read(HAT)
    [row] = rows([record])
    assert (row.problems, row.category) == ([], "Hats, caps")
    assert row.values["availability"] == "backorder"
    assert record.cells["material"] == "Straw"
    assert "size" not in record.cells
    assert "item_group_id" not in record.cells


def test_a_product_without_a_sku_is_named_by_its_number(read):
    assert [row.sku for row in rows(read(HAT | {"SKU": ""}))] == ["id:20"]


def test_groups_of_other_products_are_no_products(read):
    assert [r.row for r in read(HAT | {"Type": "grouped"}, HAT)] == [3]


@pytest.mark.parametrize("published", ["0", "-1"])
def test_drafts_and_private_products_are_hidden(read, published):
    private = {"Published": published}
    assert [row.is_hidden for row in rows(read(HAT | private))] == [True]
    assert [row.is_hidden for row in rows(read(HOODIE | private, BLUE))] == [True]
    assert [row.is_hidden for row in rows(read(HOODIE, BLUE | private))] == [True]
    hidden = {"Visibility in catalog": "hidden"}
    assert [row.is_hidden for row in rows(read(HOODIE | hidden, BLUE))] == [True]
    assert [row.is_hidden for row in rows(read(HOODIE, BLUE))] == [False]


def test_a_short_description_stands_in_for_a_missing_one(read):
    [row] = rows(read(HAT | {"Short description": "Light<br>hat"}))
    assert row.values["description"] == "Light\nhat"


GERMAN = """ID,Typ,Artikelnummer,"GTIN, UPC, EAN oder ISBN",Name,Veröffentlicht,\
Sichtbarkeit im Katalog,Kurzbeschreibung,Beschreibung,\
"Datum, an dem Angebotspreis beginnt","Datum, an dem Angebotspreis endet",Vorrätig?,\
Bestand,Lieferrückstande erlaubt?,Angebotspreis,Regulärer Preis,Kategorien,Bilder,\
Übergeordnetes Produkt,Externe URL,Position,Marken,Attribut 1 Name,Attribut 1 Wert(e)
10,variable,KLEID,,Kleid,1,visible,,Leicht.,,,1,,0,,,Kleider,https://x.example/1.jpg,,,0,\
Zora,Größe,"36, 38"
11,variation,KLEID-36,4006381333931,Kleid - 36,1,visible,,,2026-01-01,2026-12-31,1,3,0,\
"39,90","49,90",,,KLEID,,0,,Größe,36
"""
FRENCH = """ID,Type,UGS,Nom,Publié,Description courte,En stock ?,Stock,Tarif régulier,\
Catégories,Images,Parent,Nom de l\N{RIGHT SINGLE QUOTATION MARK}attribut 1,\
Valeur(s) de l'attribut 1
10,simple,ROBE,Robe,1,Légère.,1,3,"49,90",Robes,https://x.example/1.jpg,,Taille,36
"""
SPANISH = """ID,Tipo,SKU,Nombre,Publicado,Descripción,¿Existencias?,Inventario,\
Precio normal,Categorías,Imágenes,Superior
10,simple,VESTIDO,Vestido,1,Ligero.,1,3,"49,90",Vestidos,https://x.example/1.jpg,
"""


@pytest.mark.parametrize(
    ("text", "sku", "title", "category"),
    [
        (GERMAN, "KLEID-36", "Kleid", "Kleider"),
        (FRENCH, "ROBE", "Robe", "Robes"),
        (SPANISH, "VESTIDO", "Vestido", "Vestidos"),
    ],
)
def test_headings_of_other_languages_are_known(tmp_path, text, sku, title, category):
    path = tmp_path / "export.csv"
    path.write_text(text)
    feed = open_feed(path)
    assert isinstance(feed, WooCommerceFeed)
    [row] = rows(list(feed))
    assert (row.sku, row.problems, row.category) == (sku, [], category)
    assert (row.values["title"], row.values["price_cents"]) == (title, 4990)
    assert (row.values["quantity"], row.is_hidden) == (3, False)
    assert row.links == ["https://x.example/1.jpg"]


def test_a_german_size_has_its_parents_group_and_its_own_price(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(GERMAN)
    [record] = open_feed(path)
    assert (record.cells["item_group_id"], record.cells["size"]) == ("KLEID", "36")
    [row] = rows([record])
    assert (row.values["sale_price_cents"], row.values["gtin"]) == (
        3990,
        "4006381333931",
    )
    assert row.values["brand"] == "Zora"


def test_a_column_may_be_mapped_by_its_german_heading(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(GERMAN)
    [record] = open_feed(path, mapping={"Marken": "", "Kurzbeschreibung": "brand"})
    assert record.cells.get("brand", "") == ""
