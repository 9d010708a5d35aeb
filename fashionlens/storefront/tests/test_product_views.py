import json
import re

import pytest

from catalog.models import Product
from catalog.photos.store import add_photo
from catalog.tests.factories import make_photo_bytes, make_product
from fashionlens.storefront.templatetags.shop import price, stock_note
from fashionlens.storefront.tests.outline import outline

pytestmark = pytest.mark.django_db


def test_the_product_page_shows_every_field(client):
    shown = make_product(
        title="Long <b>coat</b>",
        description="Warm.\n\nVery warm.",
        photo=True,
        stock=2,
        price_cents=129_900,
    )
    response = client.get(f"/products/{shown.slug}/")
    text = response.text
    assert "Long &lt;b&gt;coat&lt;/b&gt;" in text and "<b>coat" not in text
    assert "€1,299.00" in text
    assert "Last 2" in text
    assert "<p>Very warm.</p>" in text
    assert shown.sku in text
    assert 'href="/?category=dress"' in text
    og = {tag.get("property"): tag.get("content") for tag in outline(text)}
    assert str(og["og:image"]).startswith("http://testserver/media/")


def test_structured_data_cannot_leave_its_script(client):
    shown = make_product(title="</script><script>alert(1)</script>", photo=True)
    text = client.get(f"/products/{shown.slug}/").text
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.S)
    assert block
    data = json.loads(block[1])
    assert data["name"] == shown.title
    assert data["offers"]["price"] == "19.90"
    assert data["offers"]["availability"] == "https://schema.org/InStock"
    assert data["image"][0].startswith("http://testserver/media/products/")


def test_every_photo_can_be_seen_without_script(client):
    shown = make_product(photo=True)
    for colour in ("red", "green"):
        add_photo(product=shown, data=make_photo_bytes(colour))
    page = outline(client.get(f"/products/{shown.slug}/").text)
    ids = {tag.get("id") for tag in page}
    thumbs = [tag.get("href") for tag in page if tag.get("class") == "thumb"]
    assert len(thumbs) == 3 and {thumb[1:] for thumb in thumbs} <= ids
    links = [tag.get("href") for tag in page if tag.get("class") == "gallery-photo"]
    assert links == [image.file.url for image in shown.images.all()]


def test_a_product_without_photo_has_a_page(client, fake_encoder):
    shown = make_product()
    text = client.get(f"/products/{shown.slug}/").text
    assert "No photo yet" in text
    assert "Similar items" not in text


def test_a_page_survives_a_missing_photo_file(client, fake_encoder):
    shown = make_product(photo=True, title="Still here")
    image = shown.cover
    image.file.storage.delete(image.file.name)
    for address in ("/", f"/products/{shown.slug}/"):
        response = client.get(address)
        assert response.status_code == 200
        assert "Still here" in response.text


@pytest.mark.parametrize("status", [Product.Status.DRAFT, Product.Status.ARCHIVED])
def test_unpublished_products_are_not_found(client, status):
    hidden = make_product(status=status, title="Secret")
    response = client.get(f"/products/{hidden.slug}/")
    assert response.status_code == 404
    assert "This product is not in the shop." in response.text
    assert "Secret" not in response.text


def test_unknown_product_is_not_found(client):
    assert client.get("/products/nothing-like-it/").status_code == 404
    assert client.get("/products/%00/").status_code == 404


@pytest.mark.parametrize(
    ("cents", "currency", "text"),
    [
        (3990, "EUR", "€39.90"),
        (5, "GBP", "£0.05"),
        (123_456_789, "CHF", "CHF 1,234,567.89"),
    ],
)
def test_prices_are_written_to_the_cent(cents, currency, text):
    product = Product(price_cents=cents, currency=currency)
    assert price(product) == text.replace(" ", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    ("stock", "note"), [(0, "Sold out"), (1, "Last one"), (3, "Last 3"), (4, "")]
)
def test_low_stock_is_mentioned(stock, note):
    assert stock_note(Product(stock=stock)) == note


@pytest.mark.parametrize(
    ("availability", "stock", "note", "state"),
    [
        ("in_stock", None, "", "InStock"),
        ("out_of_stock", None, "Sold out", "OutOfStock"),
        ("out_of_stock", 1, "Sold out", "OutOfStock"),
        ("preorder", 1, "Preorder", "PreOrder"),
        ("backorder", 0, "Backorder", "BackOrder"),
    ],
)
def test_pages_say_how_a_product_can_be_had(client, availability, stock, note, state):
    product = make_product(availability=availability, stock=stock)
    assert stock_note(product) == note
    page = client.get(product.get_absolute_url()).text
    assert f"https://schema.org/{state}" in page
    assert "Last one" not in page
    assert ("Sold out" in page) is (state == "OutOfStock")
