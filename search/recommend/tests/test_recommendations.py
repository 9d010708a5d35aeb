import numpy as np
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product, ProductImage
from catalog.tests.factories import make_category, make_product
from search.models import Embedding
from search.recommend import pieces
from search.recommend.recommendations import MAX_PIECES, goes_with, recommend_similar

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


@pytest.fixture
def put(fake_encoder):
    """Puts a product with a photo of these colours at so many degrees from the first
    axis."""

    def put_(category: str, *colours: str, angle: float = 0, **fields) -> Product:
        product = make_product(
            photo=True, category=make_category(category.title(), category), **fields
        )
        ProductImage.objects.filter(product=product).update(colours=list(colours))
        vector = np.zeros(128, np.float32)
        vector[:2] = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        image = product.images.get()
        Embedding.objects.create(encoder=fake_encoder, image=image, vector=vector)
        return product

    return put_


@pytest.fixture
def shop_of_kinds(put) -> Product:
    for slug in ("pants", "shoes", "outwear", "skirt", "shorts"):
        put(slug, "black")
    return put("shirt", "red")


def worn(product: Product, **options) -> list[Product]:
    return [match.product for match in goes_with(product=product, **options)]


def kinds(products: list[Product]) -> list[str]:
    return [product.category.slug for product in products]


def test_a_shirt_gets_an_outfit_and_then_another(put):
    shirt = put("shirt", "red")
    for n in range(12):
        for slug in ("shirt", "pants", "shoes", "outwear", "skirt", "hat"):
            put(slug, "black" if n % 2 else "grey", angle=n)
    found = worn(shirt)
    assert kinds(found[:4]) == ["pants", "shoes", "outwear", "skirt"]
    assert kinds(found[4:]) == ["pants", "shoes", "outwear"]
    assert len({product.pk for product in found}) == len(found)


def test_colour_comes_before_nearness(put):
    shirt = put("shirt", "red")
    put("shoes", "blue", angle=1)  # clashes
    bold = put("shoes", "green", angle=2)
    good = put("shoes", "pink", angle=3)
    best = put("shoes", "black", angle=40)
    assert worn(shirt) == [best, good]
    Product.objects.filter(pk__in=[best.pk, good.pk]).update(stock=0)
    cache.clear()
    assert worn(shirt) == [bold]


def test_pieces_of_equal_harmony_come_by_nearness_in_several_colours(put):
    coat = put("outwear", "black")
    near = put("pants", "grey", angle=1)
    put("pants", "grey", angle=2)
    other = put("pants", "navy", angle=3)
    assert worn(coat) == [near, other]


def test_the_pieces_of_an_outfit_go_together_too(put):
    coat = put("outwear", "black")
    trousers = put("pants", "red", angle=1)
    put("longsleeve", "blue", angle=1)
    jumper = put("longsleeve", "white", angle=30)
    assert worn(coat)[:2] == [trousers, jumper]


def test_a_pattern_is_judged_by_all_its_colours(put):
    shirt = put("shirt", "red")
    put("shoes", "white", "blue")
    assert worn(shirt) == []


def test_a_photo_whose_colours_are_not_known_comes_last(put):
    shirt = put("shirt", "white")
    unknown = put("shoes", angle=0)
    known = put("shoes", "green", angle=20)
    assert worn(shirt) == [known, unknown]


def test_a_product_without_colours_goes_with_everything(put):
    shirt = put("shirt")
    shoes = put("shoes", "green")
    assert worn(shirt) == [shoes]


def test_pieces_are_in_stock_and_published(put):
    shirt = put("shirt", "white")
    put("shoes", "black", stock=0)
    put("shoes", "black", status="draft")
    put("shoes", "black", availability="preorder")
    assert worn(shirt) == []
    unknown_quantity = put("shoes", "black", stock=None)
    cache.clear()
    assert worn(shirt) == [unknown_quantity]


def test_a_category_without_a_kind_has_and_is_no_complement(put):
    bag, shirt = put("bag", "black"), put("shirt", "white")
    put("shoes", "black")
    assert worn(bag) == []
    assert kinds(worn(shirt)) == ["shoes"]


def test_a_shop_with_shirts_only_has_no_outfits(put):
    shirt = put("shirt", "white")
    for n in range(20):
        put("shirt", "black", angle=n)
    assert worn(shirt) == []


def test_the_missing_outfit_of_a_pending_product_is_not_cached(put, fake_encoder):
    put("shoes", "black")
    shirt = make_product(photo=True, category=make_category("Shirts", "shirt"))
    assert worn(shirt) == []
    Embedding.objects.create(
        encoder=fake_encoder, image=shirt.images.get(), vector=[1] + [0] * 127
    )
    assert kinds(worn(shirt)) == ["shoes"]


def test_a_cached_outfit_leaves_out_products_that_are_gone(put):
    shirt, shoes = put("shirt", "white"), put("shoes", "black")
    assert worn(shirt) == [shoes]
    with CaptureQueriesContext(connection) as captured:
        worn(shirt)
    assert len(captured) == 2  # the encoder, the products
    shoes.status = "archived"
    shoes.save()
    assert worn(shirt) == []


def test_outfits_cost_the_same_queries_however_many_products(put):
    shirt = put("shirt", "white")

    def queries() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            worn(shirt)
        return len(captured)

    for slug in ("pants", "shoes"):
        put(slug, "black")
    queries()  # what is remembered of the index's size is remembered now
    few = queries()
    for n in range(15):
        for slug in ("pants", "shoes"):
            put(slug, "grey", angle=n)
    assert queries() == few <= 16


def test_an_outfit_shows_no_photo_twice(put):
    shirt = put("shirt", "red")
    same = [put("shoes", "black") for _ in range(50)]
    far = put("shoes", "pink", angle=50)  # goes with it less well than black
    (first, second) = worn(shirt)
    assert first in same
    assert second == far


def test_the_number_of_pieces_is_limited(put):
    shirt = put("shirt", "white")
    for slug in ("pants", "shoes", "outwear", "skirt", "shorts"):
        for n in range(4):
            put(slug, "black", angle=n)
    assert len(worn(shirt)) == MAX_PIECES
    assert kinds(worn(shirt, limit=2)) == ["pants", "shoes"]


def found_by(*products: Product, **options) -> list[Product]:
    ids = [product.pk for product in products]
    return [match.product for match in recommend_similar(products=ids, **options)]


def test_recommendations_take_turns_between_the_products(put):
    one, two = put("dress", "red", angle=0), put("hat", "red", angle=90)
    first = [put("dress", "red", angle=n) for n in (1, 2, 3)]
    second = [put("hat", "red", angle=90 - n) for n in (1, 2, 3)]
    found = found_by(one, two)
    assert found == [first[0], second[0], first[1], second[1], first[2], second[2]]
    assert found_by(two, one)[:2] == [second[0], first[0]]
    assert found_by(one, two, limit=3) == found[:3]


def test_recommendations_have_one_product_for_a_shared_photo(put):
    one, two = put("dress", "red", angle=0), put("hat", "red", angle=30)
    same = {put("dress", "red", angle=5) for _ in range(60)}
    others = {put("dress", "red", angle=n) for n in range(8, 18)}
    found = found_by(one, two)
    assert len(same & set(found)) in (1, 2)  # one for each product looked at
    assert set(found) >= others
    assert len(found_by(*list(same)[:3], limit=40)) < 20


def test_given_and_excluded_products_are_not_recommended(put):
    products = [put("dress", "red", angle=n) for n in range(14)]
    seen, left_out = products[:10], products[10]
    found = found_by(*seen, without=[left_out.pk])
    assert set(found) == set(products[11:])


def test_products_beyond_the_last_band_are_not_recommended(put):
    one = put("dress", "red")
    put("dress", "red", angle=80)
    assert found_by(one) == []
    near = put("dress", "red", angle=21)
    sold_out = put("dress", "red", angle=10, stock=0)
    cache.clear()
    assert found_by(one) == [near]
    assert found_by(sold_out) == [one, near]


def test_no_products_or_unknown_ones_give_no_recommendations(put):
    put("dress", "red")
    assert recommend_similar(products=[]) == []
    assert recommend_similar(products=[2**40]) == []


def test_a_large_kind_is_compared_around_the_products_own_place(put, monkeypatch):
    monkeypatch.setattr(pieces, "POOL", 2)
    early = put("shoes", "black", angle=1)
    shoes = [put("shoes", "black", angle=40 + n) for n in range(2)]
    shirt = put("shirt", "white")
    shoes += [put("shoes", "white", angle=50 + n) for n in range(2)]
    put("shoes", "white", angle=1)
    assert early not in worn(shirt)
    assert worn(shirt) == [shoes[0], shoes[2]]


def test_goes_with_takes_five_queries_and_no_scan_of_the_products(put, shop_of_kinds):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as captured:
        assert worn(shop_of_kinds)
    assert len(captured) == 5  # encoder, categories, photo, pieces, results
    (pieces_query,) = [q["sql"] for q in captured if "LATERAL" in q["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {pieces_query}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on catalog_product" not in plan
    assert "hnsw" not in plan
