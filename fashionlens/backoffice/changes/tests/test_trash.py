"""Deleting a product in the admin moves it to the trash."""

import pytest
from django.contrib.auth.models import Permission, User

from catalog.models import Product
from catalog.tests.factories import make_product
from catalog.trash.models import TrashedProduct
from catalog.upkeep.models import UpkeepRun

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"
TRASH = "/admin/catalog/trashedproduct/"


def test_many_products_are_counted_before_they_go_to_the_trash(
    admin_client, django_assert_max_num_queries
):
    ids = [make_product().pk for _ in range(15)]
    data = {"action": "move_to_trash", "_selected_action": ids}
    with django_assert_max_num_queries(12):
        page = admin_client.post(LIST, data).text
    assert "<strong>15</strong>" in page and "and 5 more" in page
    assert not TrashedProduct.objects.exists()
    done = admin_client.post(LIST, data | {"confirmed": "yes"}, follow=True).text
    assert "Moved to the trash: 15" in done
    assert TrashedProduct.objects.count() == 15
    assert f"/{ids[0]}/change/" not in admin_client.get(LIST).text


def test_all_products_of_a_filtered_list_go_to_the_trash(admin_client):
    for brand in ("Ostra", "Ostra", "Nordlys"):
        make_product(brand=brand)
    first = Product.objects.filter(brand="Ostra").first()
    data = {"action": "move_to_trash", "select_across": 1, "confirmed": "yes"}
    admin_client.post(f"{LIST}?brand=Ostra", data | {"_selected_action": first.pk})
    assert [*Product.objects.outside_trash().values_list("brand", flat=True)] == [
        "Nordlys"
    ]


def test_the_page_of_a_product_moves_it_to_the_trash(admin_client, admin_user):
    product = make_product()
    address = f"{LIST}{product.pk}/delete/"
    assert "30 days" in admin_client.get(address).text
    admin_client.post(address, {"confirmed": "yes"})
    assert TrashedProduct.objects.get().user == admin_user
    again = admin_client.get(f"{LIST}{product.pk}/change/", follow=True)
    assert again.status_code == 200


def test_products_are_restored_from_the_list_of_the_trash(admin_client):
    product = make_product()
    admin_client.post(f"{LIST}{product.pk}/delete/", {"confirmed": "yes"})
    assert product.sku in admin_client.get(TRASH).text
    admin_client.post(TRASH, {"action": "restore", "_selected_action": product.pk})
    product.refresh_from_db()
    assert product.status == "published"
    assert product.sku not in admin_client.get(TRASH).text


def test_deleting_for_good_asks_first_and_is_done_by_a_worker(admin_client):
    product = make_product()
    admin_client.post(f"{LIST}{product.pk}/delete/", {"confirmed": "yes"})
    data = {"action": "delete_now", "_selected_action": product.pk}
    assert "cannot be undone" in admin_client.post(TRASH, data).text
    admin_client.post(TRASH, data | {"confirmed": "yes"})
    assert UpkeepRun.objects.get().name == "catalog.tasks.delete_trash"
    assert Product.objects.exists()


@pytest.mark.parametrize("permission", ["view", "change"])
def test_whoever_may_not_delete_cannot_use_the_trash(client, permission):
    staff = User.objects.create_user("staff", is_staff=True)
    for name in {"view", permission}:
        staff.user_permissions.add(Permission.objects.get(codename=f"{name}_product"))
    client.force_login(staff)
    product = make_product()
    data = {"action": "move_to_trash", "_selected_action": product.pk}
    client.post(LIST, data | {"confirmed": "yes"})
    address = f"{LIST}{product.pk}/delete/"
    assert client.post(address, {"confirmed": "yes"}).status_code == 403
    assert not TrashedProduct.objects.exists()


def test_whoever_sees_products_finds_the_trash_and_the_bulk_changes(client):
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_product"))
    client.force_login(staff)
    page = client.get(LIST).text
    assert f'href="{TRASH}"' in page
    assert 'href="/admin/catalog/bulkchange/"' in page
