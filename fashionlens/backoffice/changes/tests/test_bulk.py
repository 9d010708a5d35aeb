"""The pages that change many products, and undo it."""

import re

import pytest
from django.contrib.auth.models import Permission, User

from catalog.bulk.models import BulkChange
from catalog.models import Product
from catalog.tests.factories import make_category, make_product
from search.models import Embedding

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"


def select(client, *products: Product, **more) -> str:
    """Return the address of the page that asks what to change."""
    chosen = {"_selected_action": [product.pk for product in products]}
    response = client.post(LIST, {"action": "change_selected"} | chosen | more)
    assert response.status_code == 302, response.text
    return response["Location"]


def carry_out(client, page: str, **choice) -> str:
    answer = client.post(page.removesuffix("change/") + "apply/", choice, follow=True)
    return answer.text


@pytest.mark.parametrize(
    ("what", "value", "field", "result"),
    [
        ("price-percent", "-10", "price_cents", 1791),
        ("price-amount", "-5.00", "price_cents", 1490),
        ("price-amount", "+0,50", "price_cents", 2040),
        ("price-set", "25", "price_cents", 2500),
        ("sale-percent", "-50", "sale_price_cents", 995),
        ("sale-set", "15.00", "sale_price_cents", 1500),
        ("stock-set", "3", "stock", 3),
        ("stock-amount", "-2", "stock", 3),
        ("status", "archived", "status", "archived"),
        ("brand", "Ostra", "brand", "Ostra"),
        ("brand", "", "brand", ""),
        ("material", "linen", "material", "linen"),
        ("gender", "female", "gender", "female"),
    ],
)
def test_a_change_is_previewed_carried_out_and_undone(
    admin_client, what, value, field, result
):
    product = make_product(price_cents=1990)
    before = getattr(product, field)
    page = select(admin_client, product)
    seen = admin_client.get(page, {"what": what, "value": value}).text
    assert "Change 1 product" in seen
    product.refresh_from_db()
    assert getattr(product, field) == before
    assert "Undo" in carry_out(admin_client, page, what=what, value=value)
    product.refresh_from_db()
    assert getattr(product, field) == result
    undone = admin_client.post(page.removesuffix("change/") + "undo/", follow=True).text
    assert "Undone" in undone
    product.refresh_from_db()
    assert getattr(product, field) == before


def test_a_category_is_chosen_from_a_list(admin_client):
    product, hats = make_product(), make_category("Hats", "hat")
    page = select(admin_client, product)
    assert "Hats" in admin_client.get(page, {"what": "category"}).text
    carry_out(admin_client, page, what="category", value=hats.pk)
    product.refresh_from_db()
    assert product.category == hats


@pytest.mark.parametrize(
    ("what", "value"),
    [
        *(("price-percent", "many"), ("price-percent", "-101"), ("price-set", "-1")),
        *(("stock-set", "-1"), ("status", "sold"), ("category", "0")),
        *(("brand", "x" * 81), ("nothing", "1"), ("stock-set", "99999999999")),
    ],
)
def test_a_wrong_value_changes_nothing(admin_client, what, value):
    product = make_product()
    page = select(admin_client, product)
    choice = {"what": what, "value": value}
    assert "Change 1 product" not in admin_client.get(page, choice).text
    carry_out(admin_client, page, **choice)
    assert BulkChange.objects.get().state == "new"


def test_products_that_cannot_change_are_named_with_the_reason(admin_client):
    cheap, dear = make_product(price_cents=300), make_product(price_cents=3000)
    page = select(admin_client, cheap, dear)
    seen = admin_client.get(page, {"what": "price-amount", "value": "-5"}).text
    assert "below 0" in seen and cheap.sku in seen
    assert "Change 1 product" in seen


def test_all_products_of_a_filtered_list_are_changed(admin_client):
    found = [make_product(brand="Ostra") for _ in range(3)]
    other = make_product(brand="Nordlys")
    chosen = {"action": "change_selected", "select_across": 1}
    chosen["_selected_action"] = found[0].pk
    page = admin_client.post(f"{LIST}?brand=Ostra", chosen)["Location"]
    carry_out(admin_client, page, what="price-set", value="5")
    prices = Product.objects.exclude(pk=other.pk).values_list("price_cents", flat=True)
    assert {*prices} == {500}
    other.refresh_from_db()
    assert other.price_cents == 1990


def test_more_products_than_the_limit_are_refused(admin_client, monkeypatch):
    monkeypatch.setattr("fashionlens.backoffice.changes.bulk.MAX_PRODUCTS", 1)
    chosen = [make_product().pk, make_product().pk]
    data = {"action": "change_selected", "_selected_action": chosen}
    assert "At most 1" in admin_client.post(LIST, data, follow=True).text
    assert not BulkChange.objects.exists()


def test_a_form_that_is_sent_twice_changes_prices_once(admin_client):
    product = make_product(price_cents=1000)
    page = select(admin_client, product)
    for _ in range(2):
        text = carry_out(admin_client, page, what="price-percent", value="-10")
    assert "already" in text
    product.refresh_from_db()
    assert product.price_cents == 900


def test_publishing_names_products_without_a_photo_and_can_be_undone(admin_client):
    ready, bare = (make_product(status="draft", photo=p) for p in (True, False))
    data = {"action": "publish", "_selected_action": [ready.pk, bare.pk]}
    page = admin_client.post(LIST, data, follow=True).text
    assert "1 could not be changed" in page
    address = re.search(r"/admin/catalog/bulkchange/\d+/change/", page)[0]
    assert "no photo" in admin_client.get(address).text
    statuses = {*Product.objects.values_list("pk", "status")}
    assert statuses == {(ready.pk, "published"), (bare.pk, "draft")}


def test_whoever_may_only_look_changes_nothing(client):
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_product"))
    client.force_login(staff)
    bulk = BulkChange.objects.create(products=[make_product().pk])
    page = f"/admin/catalog/bulkchange/{bulk.pk}/"
    choice = {"what": "price-set", "value": "1"}
    assert "Change 1" not in client.get(f"{page}change/", choice).text
    for action in ("apply", "undo"):
        assert client.post(f"{page}{action}/", choice).status_code == 403


def test_photos_are_embedded_again(admin_client, fake_encoder, embed):
    chosen, other = make_product(photo=True), make_product(photo=True)
    embed()
    data = {"action": "embed_again", "_selected_action": chosen.pk}
    assert "searches then: 1." in admin_client.post(LIST, data, follow=True).text
    found = Embedding.objects.values_list("image__product", flat=True)
    assert [*found] == [other.pk]
    assert embed().embedded == 1


def test_a_change_that_nobody_carried_out_is_not_listed(admin_client):
    select(admin_client, make_product())
    assert "Not carried out" not in admin_client.get("/admin/catalog/bulkchange/").text


def test_a_value_that_became_wrong_is_refused_with_the_reason(admin_client):
    page = select(admin_client, make_product())
    gone = make_category("Hats", "hat")
    choice = {"what": "category", "value": gone.pk}
    gone.delete()
    assert "not one of the available choices" in carry_out(admin_client, page, **choice)
    assert BulkChange.objects.get().state == "new"
