"""The weights of a shop, set in the admin."""

import pytest
from django.contrib.auth.models import Permission

from catalog.tests.factories import make_product
from search.models import Encoder
from search.query.similar import similar_products
from search.tests.garments import photo_of


@pytest.fixture
def address(fake_encoder, garment_network) -> str:
    return f"/admin/search/encoder/{fake_encoder.pk}/change/"


def test_the_weights_of_the_shop_change_its_searches(
    admin_client, address, fake_encoder, embed
):
    product = make_product(sku="red-dress", photo=photo_of("dress", "red"))
    make_product(sku="red-skirt", photo=photo_of("skirt", "red"))
    make_product(sku="blue-dress", photo=photo_of("dress", "blue"))
    embed()
    assert similar_products(product=product)[0].product.sku == "red-skirt"
    page = admin_client.get(address)
    assert 'name="weight_colour" value="1"' in page.text
    saved = admin_client.post(address, {"weight_kind": "1", "weight_colour": "0"})
    assert saved.status_code == 302
    fake_encoder.refresh_from_db()
    assert fake_encoder.weights == {"colour": 0}
    nearest = similar_products(product=product)[0]
    assert (nearest.product.sku, nearest.band) == ("blue-dress", None)
    assert 'name="weight_colour" value="0' in admin_client.get(address).text
    admin_client.post(address, {"weight_kind": "1", "weight_colour": "1"})
    assert similar_products(product=product)[0].band == "similar"


@pytest.mark.parametrize(
    "weights",
    [("0", "0"), ("-1", "1"), ("1", "11"), ("nan", "1"), ("inf", "1"), ("", "1")],
)
def test_wrong_weights_are_not_saved(admin_client, address, fake_encoder, weights):
    names = ("weight_kind", "weight_colour")
    answer = admin_client.post(address, dict(zip(names, weights, strict=True)))
    assert answer.status_code == 200
    assert "errornote" in answer.text
    fake_encoder.refresh_from_db()
    assert fake_encoder.weights == {}


def test_nothing_else_of_an_encoder_can_be_changed(admin_client, address, fake_encoder):
    form = {"weight_kind": "1", "weight_colour": "2", "version": "x", "state": "ready"}
    assert admin_client.post(address, form).status_code == 302
    fake_encoder.refresh_from_db()
    assert (fake_encoder.version, fake_encoder.state) == ("fake-1", "active")
    assert fake_encoder.weights == {"colour": 2}


def test_staff_without_the_permission_see_no_form(
    client, django_user_model, address, fake_encoder
):
    viewer = django_user_model.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_encoder"))
    client.force_login(viewer)
    page = client.get(address)
    assert page.status_code == 200
    assert "weight_colour" not in page.text
    assert client.post(address, {"weight_colour": "2"}).status_code == 403


def test_an_encoder_without_parts_has_nothing_to_set(admin_client, fake_encoder):
    page = admin_client.get(f"/admin/search/encoder/{fake_encoder.pk}/change/")
    assert page.status_code == 200
    assert "weight_" not in page.text


def test_an_encoder_whose_files_are_gone_is_shown(admin_client, fake_encoder):
    gone = Encoder.objects.create(version="gone", folder="gone", sha256="0" * 64)
    page = admin_client.get(f"/admin/search/encoder/{gone.pk}/change/")
    assert page.status_code == 200
    assert admin_client.get("/admin/search/encoder/").status_code == 200
