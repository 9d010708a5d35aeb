"""The history of a product shows every change, and undoes one."""

import re

import pytest

from catalog.history.entries import Author, entries_of
from catalog.history.snapshots import recorded
from catalog.models import Product, ProductImage
from catalog.tests.factories import make_photo_bytes, make_product
from fashionlens.backoffice.tests.test_products import errors, form, sizes

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"


def history(client, product: Product) -> str:
    return client.get(f"{LIST}{product.pk}/history/").text


def save(client, product: Product, **over) -> None:
    size = product.variants.get()
    row = {"id": size.pk, "product": product.pk, "sku": size.sku, "quantity": 5}
    row |= over.pop("size", {})
    data = form(**sizes(row, existing=1)) | {"category": product.category_id}
    data |= {name: getattr(product, name) for name in ("sku", "slug", "title", "brand")}
    response = client.post(f"{LIST}{product.pk}/change/", data | over)
    assert response.status_code == 302, errors(response)


def test_a_saved_form_is_one_entry_with_product_size_and_person(
    admin_client, admin_user
):
    product = make_product(price_cents=9900)
    save(admin_client, product, price_cents="89.00", size={"quantity": 2})
    entry = entries_of([product.pk]).get()
    assert entry.actor == admin_user
    assert entry.changes == {
        "price_cents": [9900, 8900],
        f"{product.sku} quantity": [5, 2],
    }
    page = history(admin_client, product)
    assert "99.00 EUR" in page and "89.00 EUR" in page and "admin" in page


def test_a_new_product_and_a_new_photo_are_in_the_history(admin_client):
    admin_client.post(f"{LIST}add/", form(make_photo_bytes()))
    product = Product.objects.get()
    entry = entries_of([product.pk]).get()
    assert entry.changes["photos"] == [None, [product.images.get().pk]]
    assert "was created" in history(admin_client, product)


def test_a_form_with_an_error_leaves_no_entry(admin_client):
    product = make_product()
    with pytest.raises(AssertionError):
        save(admin_client, product, price_cents="no")
    assert not entries_of([product.pk])


def test_one_change_is_undone_unless_somebody_edited_the_field(admin_client):
    product = make_product(price_cents=9900)
    save(admin_client, product, price_cents="89.00", size={"quantity": 2})
    address = re.search(r'action="([^"]+/undo/)"', history(admin_client, product))[1]
    Product.objects.update(price_cents=8000)
    page = admin_client.post(address, follow=True).text
    assert "Its price was changed since then." in page
    Product.objects.update(price_cents=8900)
    assert "are back" in admin_client.post(address, follow=True).text
    product.refresh_from_db()
    assert (product.price_cents, product.stock) == (9900, 5)


def test_a_deleted_photo_is_in_the_history_and_is_not_undone(admin_client):
    product = make_product(photo=True)
    image = product.images.get()
    admin_client.post(f"/admin/catalog/productimage/{image.pk}/delete/", {"post": "y"})
    assert entries_of([product.pk]).get().changes["photos"] == [[image.pk], []]
    assert "/undo/" not in history(admin_client, product)


def test_a_size_that_was_added_or_deleted_is_not_undone(admin_client):
    product = make_product()
    with recorded(Author(), product.pk):
        large = product.variants.create(sku="A-XL", size="XL")
    with recorded(Author(), product.pk):
        large.delete()
    for entry in entries_of([product.pk]):
        address = f"{LIST}{product.pk}/history/{entry.pk}/undo/"
        assert admin_client.post(address).status_code == 302
    assert entries_of([product.pk]).count() == 2
    assert "/undo/" not in history(admin_client, product)


def test_photos_are_deleted_one_by_one_so_that_each_is_recorded(admin_client):
    image = make_product(photo=True).images.get()
    data = {"action": "delete_selected", "_selected_action": image.pk, "post": "yes"}
    admin_client.post("/admin/catalog/productimage/", data)
    assert ProductImage.objects.filter(pk=image.pk).exists()
