"""Similar items on the page of a product."""

import pytest

from catalog.tests.factories import lose_files, make_photo_bytes, make_product
from fashionlens.storefront.tests.outline import outline

pytestmark = pytest.mark.django_db
# Product, photos, categories, sizes; encoder, its vector, the search; groups, products
# and photos.
PRODUCT_QUERIES = 9


def test_the_product_page_shows_what_is_similar_best_first(client, embed):
    photos = [make_photo_bytes((120 + 4 * n, 90, 200 - 4 * n)) for n in range(15)]
    product, *_ = [make_product(photo=photo) for photo in photos]
    embed()
    response = client.get(f"/products/{product.slug}/")
    similar = response.text.partition('id="similar-title"')[2]
    links = [
        str(tag.get("href")).partition("?")[0]
        for tag in outline(similar.partition("</section>")[0])
        if tag.name == "a" and str(tag.get("href")).startswith("/products/")
    ]
    assert len(links) == len(set(links)) == 12
    assert product.get_absolute_url() not in links


def test_the_product_page_says_that_similar_items_are_prepared(client, fake_encoder):
    product = make_product(photo=True)
    assert "are being prepared" in client.get(f"/products/{product.slug}/").text


def test_the_product_page_says_that_there_are_no_similar_items(client, embed):
    product = make_product(photo=True)
    embed()
    text = client.get(f"/products/{product.slug}/").text
    assert "There are no similar items to show." in text


def test_the_product_page_does_not_wait_for_a_failed_photo(client, embed):
    product = make_product(photo=True)
    lose_files(product)
    assert embed().failed == 1
    text = client.get(f"/products/{product.slug}/").text
    assert "There are no similar items to show." in text


def test_the_product_page_works_without_an_encoder(client, fake_encoder):
    product = make_product(photo=True)
    fake_encoder.state = "retired"
    fake_encoder.save()
    assert client.get(f"/products/{product.slug}/").status_code == 200


@pytest.mark.parametrize("products", [12, 30])
def test_the_product_page_makes_the_same_queries_for_any_shop_size(
    client, embed, django_assert_num_queries, products
):
    shown = make_product(photo=True)
    for _ in range(products):
        make_product(photo=True)
    embed()
    client.get(f"/products/{shown.slug}/")
    with django_assert_num_queries(PRODUCT_QUERIES):
        client.get(f"/products/{shown.slug}/")
