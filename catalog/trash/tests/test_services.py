"""Products in the trash: out of the shop, brought back, and deleted after 30 days."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from catalog.history.entries import Author, entries_of
from catalog.models import Product
from catalog.tasks import delete_trash
from catalog.tests.factories import make_product
from catalog.trash.models import TrashedProduct
from catalog.trash.services import put_in_trash, restore_from_trash

pytestmark = pytest.mark.django_db


def trash(*products: Product) -> int:
    return put_in_trash([product.pk for product in products], Author())


def let_pass(days: int) -> None:
    since = timezone.now() - timedelta(days=days)
    TrashedProduct.objects.update(since=since)


@pytest.mark.parametrize("status", Product.Status.values)
def test_a_product_in_the_trash_is_out_of_the_shop_and_comes_back(status):
    product = make_product(status=status)
    assert trash(product) == 1
    assert Product.objects.get().status == "archived"
    assert [*Product.objects.in_trash()] == [product]
    assert not Product.objects.outside_trash().exists()
    assert restore_from_trash([product.pk], Author()) == 1
    assert Product.objects.outside_trash().get().status == status
    assert not TrashedProduct.objects.exists()


def test_a_product_is_put_there_and_restored_once():
    product = make_product()
    assert [trash(product), trash(product)] == [1, 0]
    restored = [restore_from_trash([product.pk], Author()) for _ in range(2)]
    assert (restored, Product.objects.get().status) == ([1, 0], "published")


def test_the_history_says_who_did_it():
    user, product = User.objects.create(username="anna"), make_product()
    put_in_trash([product.pk], Author(user=user.pk))
    entry = entries_of([product.pk]).get()
    assert (entry.actor, entry.changes["trash"]) == (user, [False, True])
    assert entry.changes["status"] == ["published", "archived"]


def test_the_scheduler_deletes_products_after_thirty_days(media):
    old, other = make_product(photo=True), make_product()
    trash(old, other)
    delete_trash()
    assert Product.objects.count() == 2
    let_pass(days=30)
    TrashedProduct.objects.filter(pk=other.pk).update(since=timezone.now())
    delete_trash()
    assert [*Product.objects.all()] == [other]


def test_a_product_that_was_published_again_stays_for_good():
    product = make_product()
    trash(product)
    Product.objects.update(status="published")
    assert [*Product.objects.outside_trash()] == [product]
    let_pass(days=31)
    delete_trash()
    assert (Product.objects.count(), TrashedProduct.objects.count()) == (1, 0)


def test_a_product_whose_old_row_was_left_can_be_put_there_again():
    product = make_product()
    trash(product)
    let_pass(days=29)
    Product.objects.update(status="draft")
    trash(product)
    assert TrashedProduct.objects.get().deleted_on > timezone.now() + timedelta(29)
    restore_from_trash([product.pk], Author())
    assert Product.objects.get().status == "draft"
