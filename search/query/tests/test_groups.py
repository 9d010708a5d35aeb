import pytest

from catalog.models import Product
from catalog.tests.factories import make_photo_bytes, make_product
from search.query.groups import one_per_group
from search.query.kept_search import start_search
from search.query.nearest import Hit
from search.query.similar import similar_products
from search.query.start import Start

pytestmark = pytest.mark.django_db


def test_the_first_hit_of_each_group_stays():
    groups = ["a", "", "b", "a", "", "own", "b"]
    products = [make_product(group=group) for group in groups]
    hits = [Hit(each.pk, None, n / 10) for n, each in enumerate(products)]
    kept = one_per_group(hits, without="own")
    assert kept == [hits[0], hits[1], hits[2], hits[4]]
    assert one_per_group([]) == []


@pytest.fixture
def shop(embed):
    """Two styles in five shades of red each, and two products without a group."""
    for n in range(5):
        for style in ("coat", "gown"):
            make_product(
                sku=f"{style}-{n}",
                group=style,
                photo=make_photo_bytes((200, 30 + 5 * n, 40 + (style == "gown"))),
            )
    for n in range(2):
        make_product(sku=f"hat-{n}", photo=make_photo_bytes((190, 20 + n, 20)))
    embed()


def test_similar_items_show_no_other_colour_of_the_product_and_one_of_each_style(shop):
    product = Product.objects.get(sku="coat-0")
    found = [each.product for each in similar_products(product=product)]
    assert sorted(each.group for each in found) == ["", "", "gown"]


@pytest.mark.parametrize(("collapse", "coats"), [(True, 1), (False, 5)])
def test_a_search_shows_one_of_each_style_if_it_is_set(shop, settings, collapse, coats):
    settings.COLLAPSE_GROUPS = collapse
    search = start_search(Start(photo=make_photo_bytes((200, 30, 40))))
    found = [each.product.group for each in search.results_page(1, 50)]
    assert found.count("coat") == found.count("gown") == coats
    assert found.count("") == 2
