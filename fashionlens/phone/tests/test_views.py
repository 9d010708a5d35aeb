import pytest
from django.contrib.staticfiles import finders
from PIL import Image

from catalog.tests.factories import make_product
from fashionlens.identity.models import Shop

pytestmark = pytest.mark.django_db


def test_the_manifest_names_the_shop_and_icons_that_exist(client):
    Shop.objects.create(name="Coats & Hats of the North")
    answer = client.get("/manifest.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert manifest["name"] == "Coats & Hats of the North"
    assert manifest["short_name"] == "Coats & Hats"
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        with Image.open(finders.find(icon["src"].removeprefix("/static/"))) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]


def test_a_shared_photo_is_searched_with_without_a_service_worker(client, fake_encoder):
    product = make_product(photo=True)
    target = client.get("/manifest.webmanifest").json()["share_target"]
    (file,) = target["params"]["files"]
    with product.cover.file.open() as photo:
        answer = client.post(
            target["action"], {file["name"]: photo}, headers={"Sec-Fetch-Site": "none"}
        )
    assert answer.status_code == 303
    assert "your photo" in client.get(answer.url).text


def test_the_service_worker_changes_with_the_files_it_keeps(client, monkeypatch):
    from fashionlens.phone import views

    script = client.get("/service-worker.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Cache-Control"] == "no-cache"
    assert client.get("/service-worker.js").text == script.text
    monkeypatch.setattr(views, "static", lambda name: f"/static/new/{name}")
    assert client.get("/service-worker.js").text.replace(
        "/static/new/", "/static/"
    ) != (script.text)


def test_the_page_without_a_network_needs_no_database(
    client, django_assert_num_queries
):
    client.get("/offline/")  # reads the shop's name, for a minute
    with django_assert_num_queries(0):
        answer = client.get("/offline/")
    assert answer.status_code == 200 and not answer.cookies
