import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from kombu.exceptions import OperationalError

from catalog.models import ProductImage
from catalog.tests.factories import lose_files, make_product
from fashionlens.backoffice.tests.test_products import form
from search import tasks
from search.models import DuplicateGroup, EmbeddingFailure
from search.query.duplicates import find_duplicates
from search.query.tests.test_duplicates import BLUE, GREEN, RED, SMALL_RED

LIST = "/admin/search/duplicategroup/"

pytestmark = pytest.mark.usefixtures("fake_encoder")


def text(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_adding_a_photo_that_is_there_already_is_told(admin_client):
    twin = make_product(sku="TWIN", photo=RED)
    small = make_product(sku="SMALL", photo=SMALL_RED)
    make_product(sku="OTHER", photo=BLUE)
    response = admin_client.post(
        "/admin/catalog/product/add/", form(RED, GREEN), follow=True
    )
    page = text(response)
    assert "A photo just saved is in the shop already" in page
    assert f'Same pixels as in <a href="/admin/catalog/product/{twin.pk}/ch' in page
    assert "saved anew, in <a" in page
    assert f"/admin/catalog/product/{small.pk}/change/" in page
    told = page.partition("messagelist")[2].partition("</ul>")[0]
    assert twin.images.get().small.url in told
    assert "(OTHER)" not in told


def test_a_new_photo_brings_no_message_and_nor_does_saving_again(admin_client):
    make_product(photo=RED)
    product = make_product(sku="COAT-1", photo=RED)
    address = f"/admin/catalog/product/{product.pk}/change/"
    image = product.images.get()
    fields = {"images-0-id": image.pk, "images-0-product": product.pk}
    data = form(existing=1, **fields, **{"images-0-position": 0})
    page = text(admin_client.post(address, data, follow=True))
    assert "just saved" not in page
    data |= {
        "images-TOTAL_FORMS": 2,
        "images-1-file": SimpleUploadedFile("new.jpg", BLUE),
        "images-1-position": 1,
    }
    page = text(admin_client.post(address, data, follow=True))
    assert product.images.count() == 2
    assert "just saved" not in page


def test_a_photo_of_many_products_is_named_a_few_times(admin_client):
    for _ in range(15):
        make_product(photo=RED)
    response = admin_client.post("/admin/catalog/product/add/", form(RED), follow=True)
    page = text(response)
    assert page.count("Same pixels as in") == 12
    assert "No more than 12 copies are named here." in page


def test_a_products_page_names_what_is_the_same_or_alike(admin_client, embed):
    product = make_product(sku="RED", photo=RED)
    twin = make_product(sku="TWIN", photo=RED)
    lone = make_product(photo=BLUE)
    waiting = "is found within a minute"
    assert waiting in text(
        admin_client.get(f"/admin/catalog/product/{lone.pk}/change/")
    )
    embed()
    page = text(admin_client.get(f"/admin/catalog/product/{product.pk}/change/"))
    assert waiting not in page
    assert f"/admin/catalog/product/{twin.pk}/change/" in page
    assert "Same pixels as in" in page
    page = text(admin_client.get(f"/admin/catalog/product/{lone.pk}/change/"))
    assert "No other photo." in page
    assert "No other photo." not in text(
        admin_client.get("/admin/catalog/product/add/")
    )


def test_a_products_page_says_that_a_photo_failed_and_how_to_go_on(admin_client, embed):
    product = make_product(photo=RED)
    lose_files(product)
    embed()
    failure = EmbeddingFailure.objects.get()
    page = text(admin_client.get(f"/admin/catalog/product/{product.pk}/change/"))
    assert "is found within a minute" not in page
    assert f"{product.images.get().file.name} cannot be read" in page
    address = f"/admin/search/embeddingfailure/{failure.pk}/delete/"
    assert address in page
    admin_client.post(address, {"post": "yes"})
    page = text(admin_client.get(f"/admin/catalog/product/{product.pk}/change/"))
    assert "cannot be read" not in page
    assert "is found within a minute" in page


@pytest.fixture
def group(embed) -> DuplicateGroup:
    make_product(sku="RED", photo=RED)
    make_product(sku="TWIN", photo=RED)
    embed()
    find_duplicates()
    return DuplicateGroup.objects.get()


def test_a_groups_photos_stand_side_by_side(admin_client, group):
    page = text(admin_client.get(f"{LIST}{group.pk}/change/"))
    for photo in group.photos.all():
        assert photo.card.url in page
        assert photo.product.sku in page
        assert f"/admin/catalog/product/{photo.product_id}/change/" in page
        assert f"/admin/catalog/productimage/{photo.pk}/delete/" in page


def test_the_list_costs_the_same_however_many_groups(
    admin_client, group, embed, django_assert_max_num_queries
):
    def queries() -> int:
        with django_assert_max_num_queries(12) as asked:
            assert "Same pixels" in text(admin_client.get(LIST))
        return len(asked)

    before = queries()
    for colour in (BLUE, GREEN):
        for _ in range(3):
            make_product(photo=colour)
    find_duplicates()
    assert DuplicateGroup.objects.count() == 3
    assert queries() == before


def test_a_large_group_shows_a_few_and_counts_the_rest(admin_client, group):
    for _ in range(13):
        make_product(photo=RED)
    find_duplicates()
    assert "and 3 more" in text(admin_client.get(LIST))


def test_a_group_is_dismissed_and_restored(admin_client, group):
    picked = {"_selected_action": [group.pk]}
    admin_client.post(LIST, picked | {"action": "dismiss"})
    group.refresh_from_db()
    assert group.dismissed
    page = text(admin_client.get(LIST))
    assert "0 duplicate groups" in page and "Groups dismissed: 1." in page
    assert "1 duplicate group" in text(admin_client.get(f"{LIST}?dismissed=yes"))
    admin_client.post(f"{LIST}?dismissed=yes", picked | {"action": "restore"})
    assert "1 duplicate group" in text(admin_client.get(LIST))


def test_one_photo_is_deleted_by_the_admins_own_page(admin_client, group):
    photo = group.photos.last()
    address = f"/admin/catalog/productimage/{photo.pk}/delete/"
    assert "Are you sure" in text(admin_client.get(address))
    response = admin_client.post(address, {"post": "yes"})
    assert response.headers["Location"] == LIST
    assert not ProductImage.objects.filter(pk=photo.pk).exists()
    assert photo.product.sku == "TWIN"
    assert "0 duplicate groups" in text(admin_client.get(LIST))


def test_photos_have_no_admin_pages_but_that_one(admin_client, group):
    assert "productimage" not in text(admin_client.get("/admin/"))
    assert admin_client.get("/admin/catalog/productimage/add/").status_code == 403


def test_the_workers_are_asked_to_look_again(admin_client, monkeypatch):
    sent: list[bool] = []
    monkeypatch.setattr(tasks.look_for_duplicates, "delay", lambda: sent.append(True))
    page = text(admin_client.post(f"{LIST}look-again/", follow=True))
    assert sent == [True]
    assert "The workers look through the shop" in page
    assert admin_client.get(f"{LIST}look-again/").status_code == 405


def test_a_broker_that_is_down_is_told(admin_client, monkeypatch):
    def down() -> None:
        raise OperationalError("down")

    monkeypatch.setattr(tasks.look_for_duplicates, "delay", down)
    page = text(admin_client.post(f"{LIST}look-again/", follow=True))
    assert "manage.py find_duplicates" in page


def test_who_may_only_look_may_not_dismiss(client, group):
    user = get_user_model().objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_duplicategroup"))
    client.force_login(user)
    assert "Same pixels" in text(client.get(LIST))
    client.post(LIST, {"action": "dismiss", "_selected_action": [group.pk]})
    group.refresh_from_db()
    assert group.dismissed is None
    assert client.post(f"{LIST}look-again/").status_code == 403


def test_the_nightly_task_renews_the_groups(group):
    make_product(photo=BLUE)
    make_product(photo=BLUE)
    tasks.look_for_duplicates()
    assert DuplicateGroup.objects.filter(kind="pixels").count() == 2
