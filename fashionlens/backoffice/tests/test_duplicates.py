import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from kombu.exceptions import OperationalError

from catalog.models import ProductImage
from catalog.tests.factories import lose_files, make_product
from catalog.upkeep.models import UpkeepRun
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


def test_saving_a_photo_that_is_in_the_shop_shows_a_warning(admin_client):
    twin = make_product(sku="TWIN", photo=RED)
    small = make_product(sku="SMALL", photo=SMALL_RED)
    make_product(sku="OTHER", photo=BLUE)
    response = admin_client.post(
        "/admin/catalog/product/add/", form(RED, GREEN), follow=True
    )
    page = text(response)
    assert "is already in the shop" in page
    assert f'Same pixels as in <a href="/admin/catalog/product/{twin.pk}/ch' in page
    assert "Same picture" in page
    assert f"/admin/catalog/product/{small.pk}/change/" in page
    warning, *_ = response.context["messages"]
    assert twin.images.get().small.url in warning.message
    assert "(OTHER)" not in warning.message


def test_new_photos_and_unchanged_photos_show_no_warning(admin_client):
    make_product(photo=RED)
    product = make_product(sku="COAT-1", photo=RED)
    address = f"/admin/catalog/product/{product.pk}/change/"
    image = product.images.get()
    fields = {"images-0-id": image.pk, "images-0-product": product.pk}
    data = form(existing=1, **fields, **{"images-0-position": 0})
    page = text(admin_client.post(address, data, follow=True))
    assert "already in the shop" not in page
    data |= {
        "images-TOTAL_FORMS": 2,
        "images-1-file": SimpleUploadedFile("new.jpg", BLUE),
        "images-1-position": 1,
    }
    page = text(admin_client.post(address, data, follow=True))
    assert product.images.count() == 2
    assert "already in the shop" not in page


def test_the_warning_lists_at_most_12_duplicates(admin_client):
    for _ in range(15):
        make_product(photo=RED)
    response = admin_client.post("/admin/catalog/product/add/", form(RED), follow=True)
    page = text(response)
    assert page.count("Same pixels as in") == 12
    assert "Only 12" in page


def test_a_product_page_lists_duplicates(admin_client, embed):
    product = make_product(sku="RED", photo=RED)
    twin = make_product(sku="TWIN", photo=RED)
    lone = make_product(photo=BLUE)
    waiting = "found within a minute"
    assert waiting in text(
        admin_client.get(f"/admin/catalog/product/{lone.pk}/change/")
    )
    embed()
    page = text(admin_client.get(f"/admin/catalog/product/{product.pk}/change/"))
    assert waiting not in page
    assert f"/admin/catalog/product/{twin.pk}/change/" in page
    assert "Same pixels as in" in page
    page = text(admin_client.get(f"/admin/catalog/product/{lone.pk}/change/"))
    assert "No other photo" in page
    assert "No other photo" not in text(admin_client.get("/admin/catalog/product/add/"))


def test_a_product_page_reports_a_failed_photo_and_how_to_retry(admin_client, embed):
    product = make_product(photo=RED)
    lose_files(product)
    embed()
    failure = EmbeddingFailure.objects.get()
    page = text(admin_client.get(f"/admin/catalog/product/{product.pk}/change/"))
    assert "found within a minute" not in page
    assert f"{product.images.get().file.name} cannot be read" in page
    address = f"/admin/search/embeddingfailure/{failure.pk}/retry/"
    assert address in page
    assert "Retry" in text(admin_client.get(address))
    assert EmbeddingFailure.objects.exists()
    admin_client.post(address)
    page = text(admin_client.get(f"/admin/catalog/product/{product.pk}/change/"))
    assert "cannot be read" not in page
    assert "found within a minute" in page


@pytest.fixture
def group(embed) -> DuplicateGroup:
    make_product(sku="RED", photo=RED)
    make_product(sku="TWIN", photo=RED)
    embed()
    find_duplicates()
    return DuplicateGroup.objects.get()


def test_photos_of_a_group_are_shown_side_by_side(admin_client, group):
    page = text(admin_client.get(f"{LIST}{group.pk}/change/"))
    for photo in group.photos.all():
        assert photo.card.url in page
        assert photo.product.sku in page
        assert f"/admin/catalog/product/{photo.product_id}/change/" in page
        assert f"/admin/catalog/productimage/{photo.pk}/delete/" in page


def test_the_query_count_does_not_depend_on_the_number_of_groups(
    admin_client, group, embed, django_assert_max_num_queries
):
    def count_queries() -> int:
        with django_assert_max_num_queries(12) as queries:
            assert "Same pixels" in text(admin_client.get(LIST))
        return len(queries)

    before = count_queries()
    for colour in (BLUE, GREEN):
        for _ in range(3):
            make_product(photo=colour)
    find_duplicates()
    assert DuplicateGroup.objects.count() == 3
    assert count_queries() == before


def test_a_large_group_shows_12_photos_and_counts_the_rest(admin_client, group):
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


def test_a_photo_can_be_deleted_on_its_own_page(admin_client, group):
    photo = group.photos.last()
    address = f"/admin/catalog/productimage/{photo.pk}/delete/"
    assert "Are you sure" in text(admin_client.get(address))
    response = admin_client.post(address, {"post": "yes"})
    assert response.headers["Location"] == LIST
    assert not ProductImage.objects.filter(pk=photo.pk).exists()
    assert photo.product.sku == "TWIN"
    assert "0 duplicate groups" in text(admin_client.get(LIST))


def test_photos_have_no_other_admin_pages(admin_client, group):
    assert "productimage" not in text(admin_client.get("/admin/"))
    assert admin_client.get("/admin/catalog/productimage/add/").status_code == 403


@pytest.fixture
def sent(monkeypatch) -> list[dict[str, str]]:
    messages: list[dict[str, str]] = []
    monkeypatch.setattr(
        tasks.look_for_duplicates,
        "apply_async",
        lambda kwargs, **options: messages.append(kwargs),
    )
    return messages


def test_a_search_for_duplicates_can_be_started(admin_client, sent):
    page = text(admin_client.post(f"{LIST}rescan/", follow=True))
    assert len(sent) == 1
    assert "A worker is searching the shop" in page
    assert admin_client.get(f"{LIST}rescan/").status_code == 405


def test_a_second_click_joins_the_first(admin_client, sent):
    admin_client.post(f"{LIST}rescan/")
    page = text(admin_client.post(f"{LIST}rescan/", follow=True))
    assert "already requested" in page
    run = UpkeepRun.objects.get()
    run.start()
    page = text(admin_client.post(f"{LIST}rescan/", follow=True))
    assert f"already running since {run.started_display}" in page
    assert len(sent) == 1


def test_a_broker_that_is_down_is_reported(admin_client, monkeypatch):
    def down(**options) -> None:
        raise OperationalError("down")

    monkeypatch.setattr(tasks.look_for_duplicates, "apply_async", down)
    page = text(admin_client.post(f"{LIST}rescan/", follow=True))
    assert "manage.py find_duplicates" in page


def test_dismissing_needs_the_permission_to_change_products(client, group):
    user = get_user_model().objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_duplicategroup"))
    client.force_login(user)
    assert "Same pixels" in text(client.get(LIST))
    client.post(LIST, {"action": "dismiss", "_selected_action": [group.pk]})
    group.refresh_from_db()
    assert group.dismissed is None
    assert client.post(f"{LIST}rescan/").status_code == 403


def test_the_nightly_task_updates_the_groups(group):
    make_product(photo=BLUE)
    make_product(photo=BLUE)
    tasks.look_for_duplicates()
    assert DuplicateGroup.objects.filter(kind="pixels").count() == 2
