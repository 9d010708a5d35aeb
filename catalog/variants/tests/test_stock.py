import importlib
from threading import Thread

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from catalog.models import Product
from catalog.tasks import complete_variants
from catalog.tests.factories import make_product
from catalog.variants.models import Variant

pytestmark = pytest.mark.django_db

IN, OUT, PRE, BACK = "in_stock", "out_of_stock", "preorder", "backorder"


def make_sizes(product: Product, *states: tuple[str, int | None]) -> list[Variant]:
    product.variants.all().delete()
    return Variant.objects.bulk_create(
        Variant(
            product=product,
            sku=f"{product.sku}-{number}",
            size=str(number),
            availability=availability,
            quantity=quantity,
        )
        for number, (availability, quantity) in enumerate(states)
    )


def state_of(product: Product) -> tuple[str, int | None, bool]:
    product.refresh_from_db()
    return product.availability, product.stock, product.stocked


@pytest.mark.parametrize("quantity", [None, 0, 1, 7])
@pytest.mark.parametrize("availability", Product.Availability.values)
def test_a_product_of_one_variant_has_its_state(availability, quantity):
    product = make_product()
    make_sizes(product, (availability, quantity))
    in_stock = availability == IN and quantity != 0
    assert state_of(product) == (availability, quantity, in_stock)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([(IN, 2), (IN, 3), (OUT, 0)], (IN, 5, True)),
        ([(IN, 2), (IN, None)], (IN, None, True)),
        ([(IN, 1), (OUT, None), (PRE, None)], (IN, 1, True)),
        ([(IN, 0), (PRE, None)], (PRE, None, False)),
        ([(BACK, 3), (PRE, 2), (OUT, 0)], (PRE, 2, False)),
        ([(OUT, 0), (BACK, 4), (BACK, 1)], (BACK, 5, False)),
        ([(IN, 0), (OUT, 0)], (IN, 0, False)),
        ([(OUT, 0), (OUT, 0)], (OUT, 0, False)),
        ([(IN, 2**31 - 1), (IN, 2**31 - 1)], (IN, 2**31 - 1, True)),
        ([], (OUT, 0, False)),
    ],
)
def test_a_product_has_the_best_state_of_its_sizes(states, expected):
    product = make_product()
    make_sizes(product, *states)
    assert state_of(product) == expected


def test_a_product_has_the_sizes_that_can_be_had_in_their_order():
    product = make_product()
    make_sizes(product, (IN, 2), (OUT, 0), (PRE, None), (IN, 0), (IN, None))
    product.refresh_from_db()
    assert product.sizes == ["0", "2", "4"]
    product.variants.filter(size="2").update(position=9)
    product.variants.filter(size="4").update(size="")
    product.refresh_from_db()
    assert product.sizes == ["0", "2"]


def test_every_way_to_change_a_size_changes_the_product():
    product = make_product()
    small, large = make_sizes(product, (IN, 1), (IN, 2))
    small.quantity = 5
    small.save()
    assert state_of(product)[1] == 7
    product.variants.filter(size="1").update(quantity=10)
    assert state_of(product)[1] == 15
    large.quantity = 0
    Variant.objects.bulk_update([large], ["quantity"])
    assert state_of(product)[1] == 5
    small.delete()
    assert state_of(product) == (IN, 0, False)
    product.variants.all().delete()
    assert state_of(product) == (OUT, 0, False)


def test_a_size_that_moves_changes_both_products():
    red, blue, green = make_product(), make_product(), make_product()
    make_sizes(red, (IN, 4))
    size = red.variants.get()
    size.product = blue
    size.save()
    assert (state_of(red), state_of(blue)[1]) == ((OUT, 0, False), 9)
    Variant.objects.filter(pk=size.pk).update(product=green)
    assert (state_of(blue)[1], state_of(green)[1]) == (5, 9)
    Variant.objects.filter(pk=size.pk).update(product_id=blue.pk)
    assert (state_of(blue)[1], state_of(green)[1]) == (9, 5)


def test_a_deleted_product_takes_its_sizes_along():
    product = make_product()
    make_sizes(product, (IN, 1), (IN, 2))
    product.delete()
    assert not Variant.objects.exists()


def test_unchanged_stock_writes_no_product():
    product = make_product(stock=5)
    updated = product.updated
    product.variants.get().save()
    product.refresh_from_db()
    assert product.updated == updated


def test_one_sku_is_one_variant():
    make_product(sku="A")
    with pytest.raises(IntegrityError), transaction.atomic():
        Variant.objects.create(product=make_product(), sku="A")


def test_products_that_came_past_the_application_get_a_variant(monkeypatch):
    monkeypatch.setattr("catalog.variants.sweep.CHUNK", 2)
    products = [make_product(availability=PRE, stock=n) for n in range(5)]
    taken = products[4]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_variant")
    Variant.objects.create(product=products[0], sku=taken.sku)
    complete_variants()
    made = Variant.objects.exclude(sku=taken.sku).order_by("sku")
    assert [v.sku for v in made] == sorted(p.sku for p in products[1:4])
    assert {v.availability for v in made} == {PRE}
    assert [v.quantity for v in products[3].variants.all()] == [3]


def test_the_migration_gives_each_product_one_variant(monkeypatch):
    migration = importlib.import_module("catalog.migrations.0013_one_variant_each")
    monkeypatch.setattr(migration, "BATCH", 2)
    products = [make_product(stock=n or None) for n in range(3)]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_variant")
    for _ in range(2):  # it may be interrupted and run again
        with connection.schema_editor() as editor:
            migration.fill(apps, editor)
    rows = Variant.objects.order_by("product_id").values_list("sku", "quantity")
    assert list(rows) == [(p.sku, p.stock) for p in products]


@pytest.mark.django_db(transaction=True)
def test_two_sizes_changed_at_once_are_both_counted():
    product = make_product()
    first, second = make_sizes(product, (IN, 1), (IN, 1))

    def sell(variant: Variant) -> None:
        for quantity in range(10, 0, -1):
            Variant.objects.filter(pk=variant.pk).update(quantity=quantity + 10)
        connection.close()

    threads = [Thread(target=sell, args=[each]) for each in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state_of(product)[1] == 22
