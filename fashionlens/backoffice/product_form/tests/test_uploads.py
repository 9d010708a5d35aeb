"""Photos are sent one by one; the form of the product carries their ids."""

import json
import re

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Product
from catalog.photos.uploads.models import PhotoUpload
from catalog.tests.factories import make_photo_bytes, make_product
from fashionlens.backoffice.tests.test_products import errors, form

pytestmark = pytest.mark.django_db
ADD = "/admin/catalog/product/add/"
UPLOAD = "/admin/catalog/product/upload/"
MANY_BYTES = b"\xff\xd8\xff" + bytes(40 * 1024 * 1024)


def send(client, photo: bytes):
    file = SimpleUploadedFile("coat.jpg", photo, "image/jpeg")
    return client.post(UPLOAD, {"photo": file})


def upload(client, *colours: str) -> list[str]:
    return [send(client, make_photo_bytes(c)).json()["id"] for c in colours]


def with_uploads(ids: list[str], **over) -> dict:
    data = form(**{"images-TOTAL_FORMS": len(ids)}, **over)
    for number, pk in enumerate(ids):
        data |= {f"images-{number}-upload": pk, f"images-{number}-position": number}
    return data


def test_a_product_is_published_with_the_photos_that_were_sent_before(
    admin_client, media, django_capture_on_commit_callbacks
):
    ids = upload(admin_client, "red", "navy", "lime")
    data = with_uploads(ids, status="draft", _publish="Save and publish")
    with django_capture_on_commit_callbacks(execute=True):
        assert admin_client.post(ADD, data).status_code == 302
    product = Product.objects.get()
    assert product.status == "published"
    assert [i.colours[0] for i in product.images.all()] == ["red", "navy", "green"]
    assert not PhotoUpload.objects.exists()
    assert not [*media.glob("uploads/*")]


def test_a_bad_photo_among_good_ones_is_refused_alone(admin_client):
    good = [send(admin_client, make_photo_bytes(c)) for c in ("red", "blue")]
    large, broken = (send(admin_client, each) for each in (MANY_BYTES, b"no photo"))
    assert [answer.status_code for answer in good] == [200, 200]
    assert (large.status_code, broken.status_code) == (422, 422)
    assert "10 MB" in large.json()["error"]
    assert "JPEG" in broken.json()["error"]
    assert PhotoUpload.objects.count() == 2


def test_chosen_photos_survive_an_error_in_the_form(admin_client):
    ids = upload(admin_client, "red", "blue")
    page = errors(admin_client.post(ADD, with_uploads(ids, price_cents="no")))
    for pk in ids:
        assert f'value="{pk}"' in page
        assert f"{UPLOAD}?id={pk}" in page
    shown = admin_client.get(f"{UPLOAD}?id={ids[0]}")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert admin_client.post(ADD, with_uploads(ids)).status_code == 302


def test_a_chosen_photo_whose_file_is_lost_is_chosen_again(admin_client, media):
    (pk,) = upload(admin_client, "red")
    next(media.glob("uploads/*")).unlink()
    assert admin_client.get(f"{UPLOAD}?id={pk}").status_code == 404
    page = errors(admin_client.post(ADD, with_uploads([pk])))
    assert "Choose it again" in page and "Errno" not in page


def test_the_photo_of_somebody_else_is_neither_shown_nor_used(admin_client, client):
    (pk,) = upload(admin_client, "red")
    client.force_login(User.objects.create_superuser("eve"))
    for address in (f"?id={pk}", "?id=x"):
        assert client.get(f"{UPLOAD}{address}").status_code == 404
    assert "gone" in errors(client.post(ADD, with_uploads([pk])))


def test_a_photo_that_the_shop_has_is_named_with_a_link(admin_client):
    product = make_product(photo=make_photo_bytes("red"))
    (copy,) = send(admin_client, make_photo_bytes("red")).json()["copies"]
    assert copy["address"] == f"/admin/catalog/product/{product.pk}/change/"
    assert copy["same"] and product.sku in copy["title"]


def test_a_photo_is_replaced_by_one_that_was_sent(admin_client):
    product = make_product(photo=make_photo_bytes("red"))
    image = product.images.get()
    product.images.update(kind="dress")
    (pk,) = upload(admin_client, "navy")
    row = {"id": image.pk, "product": product.pk, "upload": pk, "position": 0}
    data = form(existing=1) | {f"images-0-{name}": row[name] for name in row}
    address = f"/admin/catalog/product/{product.pk}/change/"
    response = admin_client.post(address, data | {"images-TOTAL_FORMS": 1})
    assert response.status_code == 302, errors(response)
    assert product.images.get().pk == image.pk
    image.refresh_from_db()
    assert (image.colours, image.kind) == (["navy"], "")


def test_publishing_without_a_photo_is_a_form_error_and_a_draft_is_not(admin_client):
    data = form(_publish="Save and publish", status="draft")
    assert "Add a photo before you publish" in errors(admin_client.post(ADD, data))
    del data["_publish"]
    assert admin_client.post(ADD, data).status_code == 302
    assert Product.objects.get().status == "draft"


def test_a_new_product_is_a_draft_by_default(admin_client):
    page = admin_client.get(ADD).text
    assert re.search(r'<option value="draft" selected>', page)


def test_a_form_that_is_sent_twice_makes_one_product(admin_client):
    once = re.search(r'name="once" value="([^"]+)"', admin_client.get(ADD).text)[1]
    first = admin_client.post(ADD, form(once=once))
    again = admin_client.post(ADD, form(once=once), follow=True)
    assert first.status_code == 302
    assert "saved already" in again.text
    assert Product.objects.count() == 1


@pytest.mark.parametrize("once", ["x", "\0"])
def test_a_form_with_a_damaged_id_is_refused(admin_client, once):
    assert admin_client.post(ADD, form(once=once)).status_code == 200
    assert not Product.objects.exists()


def test_the_second_of_two_people_is_told_and_overwrites_nothing(admin_client):
    product = make_product()
    address = f"/admin/catalog/product/{product.pk}/change/"
    page = admin_client.get(address).text
    version = re.search(r'name="version" value="([^"]+)"', page)[1]
    mine = form(**{"variants-0-sku": "X"}) | {"version": version, "title": "Mine"}
    Product.objects.filter(pk=product.pk).update(title="Theirs")
    told = errors(admin_client.post(address, mine))
    assert "changed this product while you edited it" in told
    assert Product.objects.get().title == "Theirs"
    newer = re.search(r'name="version" value="([^"]+)"', told)[1]
    assert admin_client.post(address, mine | {"version": newer}).status_code == 302
    assert Product.objects.get().title == "Mine"


def test_what_the_encoder_sees_is_no_edit_of_somebody_else(admin_client):
    product = make_product(photo=True)
    address = f"/admin/catalog/product/{product.pk}/change/"
    page = admin_client.get(address).text
    version = re.search(r'name="version" value="([^"]+)"', page)[1]
    product.images.update(colours=["pink"], kind="dress")
    assert version in admin_client.get(address).text


def test_each_photo_says_whether_searches_find_it(admin_client, fake_encoder, embed):
    product = make_product(photo=make_photo_bytes("red"))
    address = f"/admin/catalog/product/{product.pk}/photos/"
    image = product.images.get()

    def state() -> dict:
        return json.loads(admin_client.get(address).text)["photos"][str(image.pk)]

    assert state() == {"state": "waiting"}
    image.file.storage.delete(image.file.name)
    embed()
    assert state()["state"] == "failed" and state()["reason"]
    product.images.all().delete()
    image = make_product(photo=make_photo_bytes("blue")).images.get()
    address = f"/admin/catalog/product/{image.product_id}/photos/"
    embed()
    assert state() == {"state": "searchable"}


def test_a_photo_shows_what_it_finds(admin_client, garment_shop):
    image = garment_shop["red-dress"].images.get()
    address = f"/admin/catalog/product/{image.product_id}/finds/?photo={image.pk}"
    page = admin_client.get(address).json()["html"]
    assert garment_shop["red-skirt"].title in page
    assert garment_shop["red-dress"].title not in page
    assert "Nothing yet" in admin_client.get(address.replace("photo=", "other=")).text
