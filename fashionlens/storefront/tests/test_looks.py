"""Colours, reasons and garments on the pages of looks."""

import re

import pytest

from catalog.tests.factories import make_product
from fashionlens.storefront.templatetags.looks import in_common, places
from ml.encoder import Finding, Garment
from search.query.results import Result
from search.tests.garments import photo_of
from search.tests.shop import upload

DRESS = photo_of("dress", (210, 20, 20))
HTMX = {"HX-Request": "true"}


def search(client, photo=DRESS, **form):
    return client.post("/search/", {"photo": upload(photo), **form}, follow=True)


def titles(response) -> list[str]:
    cards = response.text.split('class="card-title"')[1:]
    return [re.search(r">([^<]+)</a>", card)[1] for card in cards]


def test_results_are_shown_in_any_colour_and_in_a_named_one(client, garment_shop):
    results = search(client)
    assert titles(results) == ["red-dress", "red-skirt"]
    address = results.redirect_chain[-1][0]
    assert "weights=colour%3A0" in results.text
    any_colour = client.get(f"{address}?weights=colour:0")
    assert set(titles(any_colour)) == {"red-dress", "blue-dress"}
    assert titles(client.get(f"{address}?in_colour=blue"))[0] == "blue-dress"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("weights=colour:0", "in any colour"),
        ("in_colour=blue", "in blue"),
        ("weights=kind:2", None),
        ("", None),
    ],
)
def test_the_title_says_in_which_colour(client, garment_shop, query, words):
    address = search(client).redirect_chain[-1][0]
    title = client.get(f"{address}?{query}").text.split('id="results-title"')[1]
    title = " ".join(title.split("</h2>")[0].split())
    assert title.endswith(f"your photo, {words}" if words else "your photo")


def test_more_of_the_colour_counts_it_twice(client, garment_shop):
    address = search(client).redirect_chain[-1][0]
    page = client.get(f"{address}?weights=colour:2")
    colours = page.text.split('aria-label="Colour"')[1].split("</nav>")[0]
    chosen = re.search(r"<a[^>]*aria-current[^>]*>\s*([^<]*?)\s*</a>", colours)
    assert chosen and chosen[1] == "More of the colour"
    assert page.text.count("More of the cut") == 0  # this network has no such part


def test_the_chosen_colour_is_marked_and_stays_with_other_choices(client, garment_shop):
    address = search(client).redirect_chain[-1][0]
    page = client.get(f"{address}?in_colour=blue")
    colours = page.text.split('aria-label="Colour"')[1].split("</nav>")[0]
    assert re.findall(r'in_colour=(\w+)"\s+aria-current', colours) == ["blue"]
    assert '<input type="hidden" name="in_colour" value="blue"' in page.text
    assert "in_colour=blue&amp;category=dress" in page.text


def test_no_product_in_a_colour_offers_the_pictures_own(client, garment_shop):
    address = search(client, photo_of("skirt", (190, 20, 20))).redirect_chain[-1][0]
    page = client.get(f"{address}?in_colour=blue&category=skirt")
    assert titles(page) == []
    assert "its own colour" in page.text


def test_similar_products_are_shown_in_other_colours(client, garment_shop):
    path = garment_shop["red-dress"].get_absolute_url()
    page = client.get(path)
    assert titles(page)[0] == "red-skirt"
    assert f"{path}?in_colour=blue#similar-title" in page.text
    assert titles(client.get(f"{path}?weights=colour:0"))[0] == "blue-dress"
    assert titles(client.get(f"{path}?in_colour=blue"))[0] == "blue-dress"


def test_a_page_of_weighed_products_is_not_indexed(client, garment_shop):
    path = garment_shop["red-dress"].get_absolute_url()
    assert "noindex" not in client.get(path).text
    assert "noindex" in client.get(f"{path}?in_colour=blue").text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("in_colour=mauve", 404),
        ("weights=cut:2", 404),
        ("weights=colour:nan", 400),
        ("weights=colour:0&weights=kind:0", 400),
        ("in_colour=red&in_colour=blue", 400),
        ("weights=&in_colour=", 200),
        ("utm_source=letter", 200),
    ],
)
def test_pages_refuse_wrong_weights(client, garment_shop, query, status):
    address = search(client).redirect_chain[-1][0]
    assert client.get(f"{address}?{query}").status_code == status
    path = garment_shop["red-dress"].get_absolute_url()
    assert client.get(f"{path}?{query}").status_code == status


def test_an_encoder_without_parts_offers_no_colours(client, embed):
    product = make_product(photo=DRESS)
    make_product(photo=photo_of("dress", (200, 20, 20)))
    embed()
    assert "in_colour" not in search(client).text
    assert "in_colour" not in client.get(product.get_absolute_url()).text


def test_words_alone_offer_no_colours(client, garment_shop):
    page = client.post("/search/", {"words": "dress"}, follow=True)
    assert titles(page)
    assert "in_colour" not in page.text


def test_cards_say_what_the_band_does_not(client, garment_shop):
    page = search(client)
    [same, similar] = page.text.split('class="card-title"')[1:]
    assert "Same item" in same and "card-why" not in same
    assert "Similar" not in similar and "Same colour" in similar


@pytest.mark.parametrize(
    ("band", "why", "words"),
    [
        ("same item", ("kind", "colour"), ""),
        ("similar", (), ""),
        ("similar", ("category",), ""),
        ("similar", ("category", "kind"), "Same kind"),
        (None, ("kind", "pattern", "colour"), "Same kind, pattern and colour"),
    ],
)
def test_reasons_are_a_phrase(band, why, words):
    assert in_common(Result(None, None, 0.1, band, "fake-1", True, why)) == words


def test_nothing_close_is_said_with_the_words_that_match(client, garment_shop):
    page = search(client, photo_of("scarf", (20, 220, 20)), words="dress")
    assert titles(page)
    assert "Nothing in the shop is close" in page.text
    assert "Nothing in the shop is close" not in search(client, words="dress").text
    alone = garment_shop["blue-dress"].get_absolute_url()
    assert "Nothing in the shop is close" in client.get(alone).text


def test_several_garments_are_links_that_go_on_with_another(
    client, garment_shop, garment_network
):
    garments = (Garment((0, 0, 0.4, 1), 0.4), Garment((0.6, 0, 1, 0.8), 0.3))
    garment_network.finding = Finding(garments, 0.9)
    page = search(client)
    assert 'data-garment="0.0000,0.0000,0.4000,1.0000"' in page.text
    links = re.findall(r'href="([^"]*garment=\d)"\s+data-garment="([^"]+)"', page.text)
    assert [box for _, box in links] == [
        "0.0000,0.0000,0.4000,1.0000",
        "0.6000,0.0000,1.0000,0.8000",
    ]
    second = client.get(links[1][0])
    assert second.status_code == 200
    assert 'name="garment" value="2"' in second.text
    assert client.get(links[1][0].replace("garment=2", "garment=3")).status_code == 404
    filters = client.get(links[1][0].replace("/?", "/filters/?"))
    assert '<input type="hidden" name="garment" value="2"' in filters.text


def test_one_garment_needs_no_links(client, garment_shop):
    assert "garment=1" not in search(client).text


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_photo_without_a_garment_says_what_to_do(
    client, garment_shop, garment_network, headers
):
    garment_network.finding = Finding((), 0.01)
    form = {"photo": upload(DRESS), "words": "dress"}
    page = client.post("/search/", form, headers=headers)
    assert page.status_code == 200
    assert "No garment found" in page.text
    assert 'value="dress"' in page.text
    assert page.headers.get("HX-Push-Url") == "/search/"
    assert ("<html" in page.text) is not bool(headers)
    boxed = {"product": "red-dress", "box": "0,0,1,0.5"}
    product = client.post("/search/", boxed, headers=headers)
    assert "No garment found" in product.text
    assert 'data-product="red-dress"' in product.text


@pytest.mark.parametrize(
    ("centres", "words"),
    [
        ([(0.2, 0.5), (0.8, 0.5)], ["left", "right"]),
        ([(0.5, 0.8), (0.5, 0.2)], ["bottom", "top"]),
        ([(0.5, 0.5), (0.1, 0.5), (0.9, 0.5)], ["middle", "left", "right"]),
    ],
)
def test_garments_are_told_apart_by_their_place(centres, words):
    boxes = [(x - 0.1, y - 0.1, x + 0.1, y + 0.1) for x, y in centres]
    found = places([Garment(box, 0.1) for box in boxes])
    assert [garment.place for garment in found] == words
    assert [garment.number for garment in found] == list(range(1, len(words) + 1))
    assert places([]) == []
