"""Clicks and empty searches that pages record."""

import re

import pytest

from catalog.models import Product
from fashionlens.storefront.tests.test_recommendations import HERE, look_at
from search.events.list_ids import new_list_id
from search.models import EmptySearch, Event
from search.tests.shop import RED, SEARCH, upload

pytestmark = pytest.mark.django_db


def test_a_click_on_a_similar_item_is_recorded(client, shop):
    text = look_at(client, shop[0]).text
    link = re.search(r'href="(/products/[^"]+\?q=s\.[^"]+&amp;p=3)"', text)
    assert link
    client.get(link[1].replace("&amp;", "&"), headers=HERE)
    event = Event.objects.get()
    assert (event.kind, event.listing, event.position) == ("click", "similar", 3)
    assert event.asked_from == shop[0].pk
    assert event.encoder == "fake-1"
    clicked = Product.objects.get(pk=event.products[0])
    assert link[1].startswith(clicked.get_absolute_url())


def test_a_click_on_a_product_found_by_words_is_recorded(client, shop):
    links = re.findall(r'href="([^"]+\?q=w\.[^"]+)"', client.get("/?q=product").text)
    assert len(links) == len(shop)
    client.get(links[1].replace("&amp;", "&"), headers=HERE)
    event = Event.objects.get()
    assert (event.listing, event.position, event.encoder) == ("words", 2, "")


def test_a_click_on_a_product_found_by_a_photo_is_recorded(client, shop):
    page = client.post("/search/", {"photo": upload(RED)}, follow=True)
    links = re.findall(r'href="(/products/[^"]+\?q=[^"]+&amp;p=(\d+))"', page.text)
    assert [int(place) for _, place in links] == list(range(1, len(links) + 1))
    client.get(links[-1][0].replace("&amp;", "&"), headers=HERE)
    event = Event.objects.get()
    assert (event.listing, event.position) == ("photo", len(links))


def test_only_links_on_pages_of_the_shop_count_as_clicks(client, shop):
    query = new_list_id(Event.Listing.SIMILAR)
    for headers in [
        {},
        {"Referer": "https://elsewhere.example/"},
        HERE | {"Sec-Purpose": "prefetch"},
    ]:
        look_at(client, shop[0], f"?q={query}&p=1", **headers)
    for odd in ["", "?q=1", f"?q={query}", f"?q={query}&p=0", f"?q={query}&p=501",
                f"?q={query}&p=x", f"?q={query}&p={'9' * 5000}", "?q=forged&p=1",
                "?q=%00&p=1", f"?q={query}&p=²"]:  # fmt: skip
        assert look_at(client, shop[0], odd, **HERE).status_code == 200
    assert not Event.objects.exists()
    look_at(client, shop[0], f"?q={query}&p=1", **HERE)
    assert Event.objects.count() == 1


def test_cards_of_the_whole_shop_report_no_events(client, shop):
    assert "data-list" not in client.get("/").text


def test_words_that_find_nothing_are_recorded(client, shop):
    client.get("/?q=product")
    client.get("/?q=%20%20")
    assert not EmptySearch.objects.exists()
    client.get("/?q=zeppelin&utm_source=mail")
    client.get("/api/v1/products/?q=Zeppelin&price_max=10")
    page, api = EmptySearch.objects.order_by("id")
    assert (page.listing, page.words, page.filters) == ("words", "zeppelin", [])
    assert (api.words, api.filters) == ("zeppelin", [["price_max", "10"]])


def test_a_photo_that_finds_nothing_is_recorded_without_it(client, shop):
    form = {"photo": upload(RED), "price_max": "1"}
    assert client.post(SEARCH, form).json()["count"] == 0
    row = EmptySearch.objects.get()
    assert (row.listing, row.words, row.encoder) == ("photo", "", "fake-1")
    assert row.filters == [["price_max", "1"]]
    found = client.post("/search/", {"photo": upload(RED)}, follow=True)
    client.get(f"{found.redirect_chain[-1][0]}?price=0-1")
    assert EmptySearch.objects.count() == 2


def test_empty_filters_are_not_recorded(client, shop):
    client.get("/?q=zeppelin&in_stock=&category=&brand=")
    assert EmptySearch.objects.get().filters == []


def test_an_empty_search_is_recorded_once(client, shop):
    query = client.post(SEARCH, {"photo": upload(RED), "price_max": "1"}).json()
    narrowed = f"{SEARCH}{query['query']}/?price_max=1"
    for _ in range(2):
        assert client.get(narrowed).json()["count"] == 0
        assert client.get(f"/search/{query['query']}/?price=-1").status_code == 200
    assert EmptySearch.objects.count() == 1
    client.get(f"{SEARCH}{query['query']}/?price_max=2")
    assert EmptySearch.objects.count() == 2
