"""Headings of WooCommerce's export, which writes them in the shop's language."""

import re
from collections.abc import Iterable

from catalog.feeds.columns import normalize_heading

# English: German, French, Spanish, as different versions write them.
_LINES = """
Type: Typ, Tipo
SKU: Artikelnummer, Art.-Nr., UGS, Référence
Name: Nom, Nombre
Published: Veröffentlicht, Publié, Publicado
Visibility in catalog: Sichtbarkeit im Katalog, Visibilité dans le catalogue, \
Visibilidad en el catálogo
Short description: Kurzbeschreibung, Description courte, Descripción corta
Description: Beschreibung, Descripción
Date sale price starts: Datum\\, an dem Angebotspreis beginnt, \
Datum\\, an dem der Angebotspreis beginnt, Date de début de promo, \
Día en que empieza el precio rebajado
Date sale price ends: Datum\\, an dem Angebotspreis endet, \
Datum\\, an dem der Angebotspreis endet, Date de fin de promo, \
Día en que termina el precio rebajado
In stock?: Vorrätig?, Auf Lager?, En stock ?, ¿Existencias?, ¿En inventario?
Stock: Bestand, Lager, Lagerbestand, Inventario
Backorders allowed?: Lieferrückstande erlaubt?, Lieferrückstände erlaubt?, \
Autoriser les commandes de produits en rupture ?, \
¿Permitir reservas de productos agotados?
Sale price: Angebotspreis, Tarif promo, Prix promo, Precio rebajado
Regular price: Regulärer Preis, Normaler Preis, Tarif régulier, Prix régulier, \
Precio normal, Precio regular
Categories: Kategorien, Catégories, Categorías
Images: Bilder, Imágenes
Parent: Übergeordnetes Produkt, Superior
External URL: Externe URL, URL externe, URL externa
Brands: Marken, Marques, Marcas
GTIN, UPC, EAN, or ISBN: GTIN\\, UPC\\, EAN oder ISBN, GTIN\\, UPC\\, EAN ou ISBN, \
GTIN\\, UPC\\, EAN o ISBN
Attribute # name: Attribut # Name, Nom de l'attribut #, Nombre del atributo #
Attribute # value(s): Attribut # Wert(e), Valeur(s) de l'attribut #, \
Valor(es) del atributo #
"""
_NUMBER = re.compile(r"\d+")


def _key(heading: str) -> str:
    return normalize_heading(
        heading.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    ).strip("¿ _")


_ENGLISH = {
    _key(other.replace("\\,", ",")): english
    for english, _, others in (line.partition(": ") for line in _LINES.splitlines())
    for other in re.split(r"(?<!\\),\s*", others)
    if other
}


def in_english(headings: Iterable[str]) -> list[str]:
    """Return the headings, those of other languages in English."""
    return [_in_english(heading) for heading in headings]


def _in_english(heading: str) -> str:
    number = _NUMBER.search(heading)
    english = _ENGLISH.get(_NUMBER.sub("#", _key(heading), count=1))
    if english is None:
        return heading
    return english.replace("#", number[0]) if number else english
