"""What search engines read: robots.txt, the sitemap and canonical addresses."""

import re
from urllib.parse import urlsplit

import pytest

from catalog.models import Product
from catalog.tests.factories import make_category, make_product
from fashionlens.crawlers.sitemaps import Products
from fashionlens.identity.models import Page
from fashionlens.storefront.tests.outline import outline

pytestmark = pytest.mark.django_db


def _locations(client, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200
    return re.findall("<loc>(.*?)</loc>", response.text)


def test_robots_find_the_sitemap(client):
    response = client.get("/robots.txt")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert "Sitemap: http://testserver/sitemap.xml" in response.text.splitlines()


@pytest.mark.parametrize("path", ["/admin/", "/filters/", "/search/*/"])
def test_robots_stay_out_of_pages_of_one_visitor(client, path):
    assert f"Disallow: {path}" in client.get("/robots.txt").text.splitlines()


def test_the_sitemap_leads_to_every_page_of_the_shop(client):
    product = make_product(slug="red-shoe")
    Page.objects.create(title="Terms", slug="terms", text="One")
    make_product(slug="draft", status=Product.Status.DRAFT)
    found = [
        urlsplit(location)._replace(scheme="", netloc="").geturl()
        for file in _locations(client, "/sitemap.xml")
        for location in _locations(client, urlsplit(file).path)
    ]
    assert sorted(found) == sorted(
        [
            *("/", "/search/", "/pages/terms/", "/products/red-shoe/"),
            product.category.get_absolute_url(),
        ]
    )


def test_a_large_sitemap_has_several_files(client, monkeypatch):
    monkeypatch.setattr(Products, "limit", 2)
    for _ in range(5):
        make_product()
    files = [each for each in _locations(client, "/sitemap.xml") if "product" in each]
    products = [
        each
        for file in files
        for each in _locations(client, file.removeprefix("http://testserver"))
    ]
    assert len(files) == 3
    assert len(set(products)) == 5


def test_the_list_of_sitemaps_does_not_load_the_products(
    client, django_assert_max_num_queries
):
    make_product()
    with django_assert_max_num_queries(5):
        response = client.get("/sitemap.xml")
    assert "<lastmod>" in response.text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/?sort=price_up", "/"),
        ("/?category=shoes&sort=price_up&utm_source=letter", "/?category=shoes"),
        ("/?page=2", "/?page=2"),
        ("/products/one/?q=abc&p=3", "/products/one/"),
        ("/search/?utm_source=letter", "/search/"),
    ],
)
def test_pages_name_their_canonical_address(client, fake_encoder, address, expected):
    shoes = make_category("Shoes", slug="shoes")
    for number in range(30):
        make_product(category=shoes, slug="one" if number == 0 else f"n{number}")
    tags = outline(client.get(address).text)
    (link,) = [tag for tag in tags if tag.get("rel") == "canonical"]
    assert link.get("href") == f"http://testserver{expected}"
