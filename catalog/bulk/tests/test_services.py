"""A change of many products: what it does, whom it leaves out, and its undo."""

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User

from catalog.announcements.signals import products_changed
from catalog.bulk.change import Change
from catalog.bulk.models import BulkChange
from catalog.bulk.services import AlreadyDone, BulkOutcome, apply, preview, undo
from catalog.history.entries import Author, entries_of
from catalog.models import Product
from catalog.tests.factories import make_category, make_product
from catalog.variants.models import Variant

pytestmark = pytest.mark.django_db


def carry_out(change: Change, *products: Product) -> tuple[BulkChange, BulkOutcome]:
    bulk = BulkChange.objects.create(products=[product.pk for product in products])
    return bulk, apply(bulk, change, label="Price -10 %", author=Author())


def add_size(product: Product, size: str, **values: Any) -> Variant:
    sku = f"{product.sku}-{size}"
    return Variant.objects.create(product=product, sku=sku, size=size, **values)


@pytest.mark.parametrize(
    ("change", "price"),
    [
        (Change("price_cents", "percent", "-10"), 1791),
        (Change("price_cents", "percent", "2.5"), 2040),  # 2039.75, half up
        (Change("price_cents", "amount", -500), 1490),
        (Change("price_cents", "set", 999), 999),
    ],
)
def test_prices_change_by_percent_and_amount_and_come_back(change, price):
    product = make_product(price_cents=1990)
    bulk, outcome = carry_out(change, product)
    product.refresh_from_db()
    assert (product.price_cents, outcome.changed) == (price, 1)
    assert product.effective_price_cents == price
    undo(bulk, author=Author())
    product.refresh_from_db()
    assert product.price_cents == 1990


def test_own_prices_of_sizes_move_with_the_price():
    product = make_product(price_cents=1000)
    large = add_size(product, "XL", price_cents=1500)
    carry_out(Change("price_cents", "percent", "-10"), product)
    large.refresh_from_db()
    assert large.price_cents == 1350


@pytest.mark.parametrize(
    ("fields", "change", "reason"),
    [
        ({}, Change("price_cents", "amount", -2000), "below 0"),
        ({}, Change("price_cents", "percent", "200000000"), "too high"),
        ({"sale_price_cents": 1500}, Change("price_cents", "set", 1500), "sale price"),
        ({}, Change("sale_price_cents", "set", 1990), "sale price"),
        ({"stock": None}, Change("stock", "amount", 3), "unknown"),
        ({"stock": 2}, Change("stock", "amount", -3), "below 0"),
        ({"status": "draft"}, Change("status", "set", "published"), "no photo"),
    ],
)
def test_products_that_cannot_change_are_counted_and_left(fields, change, reason):
    product = make_product(**fields)
    before = Product.objects.filter(pk=product.pk).values().get()
    seen = preview([product.pk], change)
    _, outcome = carry_out(change, product)
    for result in (seen, outcome):
        assert [*result.refused.values()] == [1]
        assert reason in next(iter(result.refused))
        assert [*result.skus.values()] == [[product.sku]]
    assert Product.objects.filter(pk=product.pk).values().get() == before


def test_a_preview_changes_nothing_and_shows_values():
    product = make_product(price_cents=1990)
    outcome = preview([product.pk], Change("price_cents", "percent", "-50"))
    assert outcome.samples[0].changes == {"price_cents": (1990, 995)}
    product.refresh_from_db()
    assert product.price_cents == 1990
    assert not entries_of([product.pk])


def test_products_that_have_the_value_are_unchanged_and_keep_their_history():
    product = make_product(brand="Ostra")
    _, outcome = carry_out(Change("brand", "set", "Ostra"), product)
    assert (outcome.changed, outcome.unchanged) == (0, 1)
    assert not entries_of([product.pk])


def test_each_product_gets_one_entry_with_the_person_and_both_values():
    user = User.objects.create(username="anna")
    products = [make_product(price_cents=1000), make_product(price_cents=2000)]
    bulk = BulkChange.objects.create(products=[p.pk for p in products], user=user)
    change = Change("price_cents", "amount", 100)
    apply(bulk, change, label="+1", author=Author(user=user.pk))
    entries = LogEntry.objects.filter(cid=bulk.group).order_by("object_id")
    assert [(e.object_id, e.actor) for e in entries] == [(p.pk, user) for p in products]
    assert entries[1].changes["price_cents"] == [2000, 2100]


def test_stock_is_that_of_the_sizes_and_of_the_product():
    product = make_product(stock=0)
    size = product.variants.get()
    bulk, _ = carry_out(Change("stock", "set", 4), product)
    product.refresh_from_db()
    size.refresh_from_db()
    assert (product.stock, product.in_stock, size.quantity) == (4, True, 4)
    undo(bulk, author=Author())
    product.refresh_from_db()
    assert (product.stock, product.in_stock) == (0, False)


def test_a_category_a_brand_and_an_attribute_are_found_by_words(monkeypatch):
    products = [make_product(), make_product()]
    monkeypatch.setattr("catalog.bulk.services.MAX_REFRESHED", 1)
    hats = make_category("Hats", "hat")
    carry_out(Change("category", "set", hats.pk), *products)
    assert {p.category for p in Product.objects.all()} == {hats}
    # The sweep writes the words of many products.
    assert Product.objects.without_words().count() == 2
    monkeypatch.setattr("catalog.bulk.services.MAX_REFRESHED", 2)
    carry_out(Change("material", "set", "linen"), *products)
    assert not Product.objects.without_words().exists()


def test_changed_fields_are_locked_against_feeds_until_undone():
    product = make_product()
    Product.objects.filter(pk=product.pk).update(locked=["title"])
    bulk, _ = carry_out(Change("brand", "set", "Ostra"), product)
    product.refresh_from_db()
    assert product.locked == ["brand", "title"]
    undo(bulk, author=Author())
    product.refresh_from_db()
    assert (product.locked, product.brand) == (["title"], "Nordlys")


def test_changed_products_are_announced():
    product, said = make_product(), []

    def listen(products, **kwargs):
        said.extend(products)

    products_changed.connect(listen)
    bulk, _ = carry_out(Change("brand", "set", "Ostra"), product)
    undo(bulk, author=Author())
    assert said == [product.pk, product.pk]


def test_a_change_is_carried_out_once_and_undone_once():
    product = make_product(price_cents=1000)
    change = Change("price_cents", "percent", "-10")
    bulk, _ = carry_out(change, product)
    with pytest.raises(AlreadyDone):
        apply(bulk, change, label="", author=Author())
    undo(bulk, author=Author())
    with pytest.raises(AlreadyDone):
        undo(bulk, author=Author())
    product.refresh_from_db()
    assert product.price_cents == 1000


def test_undo_leaves_what_was_edited_since_then_and_says_so():
    edited, gone, same = (make_product(price_cents=1000, stock=1) for _ in range(3))
    bulk, _ = carry_out(Change("price_cents", "set", 900), edited, gone, same)
    Product.objects.filter(pk=edited.pk).update(price_cents=850)
    Product.objects.filter(pk=same.pk).update(title="Another title")
    gone.delete()
    outcome = undo(bulk, author=Author())
    assert outcome.changed == 1
    assert sorted(outcome.refused.values()) == [1, 1]
    assert outcome.skus["Its price was changed since then."] == [edited.sku]
    edited.refresh_from_db()
    same.refresh_from_db()
    assert (edited.price_cents, same.price_cents) == (850, 1000)


def test_undo_leaves_a_product_whose_size_was_deleted():
    product = make_product(price_cents=1000, sale_price_cents=900)
    large = add_size(product, "XL", price_cents=1500, sale_price_cents=1400)
    bulk, _ = carry_out(Change("sale_price_cents", "clear"), product)
    large.delete()
    outcome = undo(bulk, author=Author())
    assert outcome.refused == {"One of its sizes was deleted.": 1}


def test_undo_never_makes_a_sale_price_higher_than_the_price():
    product = make_product(price_cents=1000)
    bulk, _ = carry_out(Change("price_cents", "set", 1500), product)
    Product.objects.filter(pk=product.pk).update(sale_price_cents=1200)
    outcome = undo(bulk, author=Author())
    assert "sale price" in next(iter(outcome.refused))


def test_many_products_take_a_fixed_number_of_queries_for_each_thousand(
    django_assert_max_num_queries,
):
    products = [make_product() for _ in range(30)]
    bulk = BulkChange.objects.create(products=[product.pk for product in products])
    change = Change("price_cents", "percent", "10")
    with django_assert_max_num_queries(25):
        apply(bulk, change, label="", author=Author())
    with django_assert_max_num_queries(25):
        undo(bulk, author=Author())
