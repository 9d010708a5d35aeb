"""Fields that are changed in the form of a product are locked against feeds."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from catalog.models import Product
from catalog.variants.models import Variant
from fashionlens.backoffice.tests.test_products import errors, form, sizes

pytestmark = pytest.mark.django_db
HEAD = "id,title,price,product_type,size,item_group_id,quantity"


def import_feed(folder: Path, title: str = "Coat", quantity: int = 4) -> None:
    path = folder / "feed.csv"
    path.write_text(f"{HEAD}\nC1,{title},99.00,Dresses,M,G1,{quantity}\n")
    call_command("import_feed", path, stdout=StringIO(), stderr=StringIO())


def save(client, **changes) -> None:
    product = Product.objects.get()
    variant = product.variants.get()
    row = {"id": variant.pk, "product": product.pk, "size": "M", "sku": "C1"}
    row |= {"quantity": variant.quantity, "position": 0}
    row |= changes.pop("variant", {})
    data = {
        **form(**sizes(row, existing=1)),
        **{"sku": "C1", "slug": product.slug, "title": product.title, "brand": ""},
        **{"group": "G1", "price_cents": "99.00", "category": product.category_id},
        **changes,
    }
    response = client.post(f"/admin/catalog/product/{product.pk}/change/", data)
    assert response.status_code == 302, errors(response)


def test_a_title_that_was_changed_by_hand_stays(admin_client, tmp_path):
    import_feed(tmp_path)
    save(admin_client, title="My coat")
    import_feed(tmp_path)
    import_feed(tmp_path, title="Other coat")
    product = Product.objects.get()
    assert (product.title, product.locked) == ("My coat", ["title"])
    page = admin_client.get(f"/admin/catalog/product/{product.pk}/change/").text
    assert "Changed by hand" in page
    save(admin_client, title="My coat", keep_locked=[])
    import_feed(tmp_path, title="Other coat")
    assert Product.objects.get().title == "Other coat"


def test_a_quantity_that_was_changed_by_hand_stays(admin_client, tmp_path):
    import_feed(tmp_path)
    save(admin_client, variant={"quantity": 1})
    import_feed(tmp_path, title="New coat", quantity=9)
    product = Product.objects.get()
    assert (product.title, product.stock) == ("New coat", 1)


def test_a_size_is_changed_and_unlocked_at_once(admin_client, tmp_path):
    import_feed(tmp_path)
    Variant.objects.update(locked=["gtin"])
    save(admin_client, variant={"quantity": 1}, keep_locked=[])
    assert Variant.objects.get().locked == ["availability", "quantity"]


def test_saving_without_a_change_locks_nothing(admin_client, tmp_path):
    import_feed(tmp_path)
    save(admin_client)
    assert Product.objects.get().locked == []


def test_a_product_made_by_hand_has_no_locks(admin_client):
    admin_client.post("/admin/catalog/product/add/", form(title="Coat"))
    product = Product.objects.get()
    assert product.locked == []
    page = admin_client.get(f"/admin/catalog/product/{product.pk}/change/").text
    assert "Changed by hand" not in page
