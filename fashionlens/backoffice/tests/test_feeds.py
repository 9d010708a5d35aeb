"""Feeds that people import in the admin."""

import re

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import now

from catalog.feeds.runs.models import FeedRun, FeedSource
from catalog.feeds.runs.queue import import_due
from catalog.models import Product
from catalog.tests.factories import make_product
from ml.preprocess import MAX_BYTES

pytestmark = pytest.mark.django_db

FEED = "Nr,Bezeichnung,price,category,note\n1,Mantel,19.90,Coats,x\n2,Hut,free,Hats,y\n"


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list:
    """Return what workers are asked for, instead of asking them."""
    tasks: list = []

    def send(task) -> bool:
        tasks.append(task)
        return True

    monkeypatch.setattr("fashionlens.backoffice.feeds.send", send)
    return tasks


def upload(client: Client, content: str | bytes = FEED, **fields) -> FeedRun:
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("spring.csv", data)
    response = client.post(
        "/admin/catalog/feedrun/upload/",
        {"feed_file": file, "name": "spring", **fields},
    )
    assert response.status_code == 302
    return FeedRun.objects.latest("id")


def choose_columns(client: Client, run: FeedRun, button: str, *columns: str) -> None:
    data = {f"column_{n}": column for n, column in enumerate(columns)}
    url = f"/admin/catalog/feedrun/{run.pk}/columns/"
    assert client.post(url, {**data, button: "1"}).status_code == 302


def page(client: Client, run: FeedRun, view: str = "change") -> str:
    return client.get(f"/admin/catalog/feedrun/{run.pk}/{view}/").text


COLUMNS = ("id", "title", "price", "product_type", "")


def test_a_feed_is_uploaded_mapped_checked_and_imported(admin_client, sent):
    run = upload(admin_client)
    text = page(admin_client, run, "columns")
    assert "CSV or TSV" in text and "Bezeichnung" in text and "Mantel" in text
    choose_columns(admin_client, run, "check", *COLUMNS)
    assert len(sent) == 1 and "progress" in page(admin_client, run)
    import_due()
    assert not Product.objects.exists()
    text = page(admin_client, run)
    assert "Mantel" in text and "Import now" in text and "free" in text
    admin_client.post(f"/admin/catalog/feedrun/{run.pk}/start/", {"import": "1"})
    import_due()
    assert Product.objects.get().title == "Mantel"
    again = upload(admin_client)
    text = page(admin_client, again, "columns")
    chosen = re.findall(r'<option value="(\w+)" selected>', text)
    assert chosen == ["id", "title", "price", "product_type"]


def test_values_are_corrected_on_the_page(admin_client):
    run = upload(admin_client)
    choose_columns(admin_client, run, "import", *COLUMNS)
    import_due()
    problem = run.problems.get()
    url = f"/admin/catalog/feedrun/{run.pk}/correct/"
    admin_client.post(url, {f"fix_{problem.pk}": "free"})
    assert FeedRun.objects.count() == 1
    admin_client.post(url, {f"fix_{problem.pk}": "5.00"})
    import_due()
    hat = Product.objects.get(sku="2")
    assert (hat.title, hat.price_cents) == ("Hut", 500)
    assert FeedRun.objects.latest("id").is_correction


def test_the_rows_with_problems_are_a_file(admin_client):
    run = upload(admin_client)
    choose_columns(admin_client, run, "import", *COLUMNS)
    import_due()
    response = admin_client.get(f"/admin/catalog/feedrun/{run.pk}/problems.csv")
    head, row = response.content.decode("utf-8-sig").splitlines()
    assert head == "problem,row,id,title,price,product_type"
    assert row.startswith("expected price: ")
    assert row.endswith(",2,Hut,free,Hats")
    assert "attachment" in response["Content-Disposition"]


def test_a_file_that_is_no_feed_is_refused_on_the_page(admin_client):
    run = upload(admin_client, "<html></html>")
    assert "is a web page" in page(admin_client, run, "columns")


def test_missing_columns_are_named_by_the_import(admin_client):
    run = upload(admin_client)
    choose_columns(admin_client, run, "import", "", "title", "price", "", "")
    import_due()
    assert "no column id or sku" in page(admin_client, run)


def test_a_second_import_of_the_feed_is_told_of_the_first(admin_client):
    first, second = upload(admin_client), upload(admin_client)
    choose_columns(admin_client, first, "import", *COLUMNS)
    choose_columns(admin_client, second, "import", *COLUMNS)
    assert "spring is already being imported" in page(admin_client, first)
    assert not second.problems.exists()


def test_archiving_many_products_is_asked_for(admin_client):
    head = "id,title,price,category\n"
    run = upload(admin_client, f"{head}1,a,1,x\n2,b,1,x\n", archive_missing="on")
    choose_columns(admin_client, run, "import", "id", "title", "price", "product_type")
    import_due()
    run = upload(admin_client, f"{head}1,a,1,x\n", archive_missing="on")
    choose_columns(admin_client, run, "import", "id", "title", "price", "product_type")
    import_due()
    assert "Archive them" in page(admin_client, run)
    admin_client.post(f"/admin/catalog/feedrun/{run.pk}/start/", {"force": "1"})
    import_due()
    assert Product.objects.published().count() == 1


def test_an_import_is_stopped(admin_client):
    run = upload(admin_client)
    choose_columns(admin_client, run, "import", *COLUMNS)
    admin_client.post(f"/admin/catalog/feedrun/{run.pk}/stop/")
    import_due()
    assert "Stopped" in page(admin_client, run)
    assert not Product.objects.exists()


def test_a_feed_may_be_larger_than_a_photo(admin_client):
    rows = b"1,a,1,x\n" * (MAX_BYTES // 8 + 1000)
    run = upload(admin_client, b"id,title,price,category\n" + rows)
    assert default_storage.size(run.file) > MAX_BYTES


@pytest.mark.parametrize("view", ["upload", "{}/columns", "{}/change"])
def test_imports_need_permissions(client, admin_client, django_user_model, view):
    run = upload(admin_client)
    client.force_login(django_user_model.objects.create(username="a", is_staff=True))
    url = f"/admin/catalog/feedrun/{view.format(run.pk)}/"
    assert client.get(url).status_code == 403


def test_the_lists_open(admin_client):
    upload(admin_client)
    assert "Import a feed" in admin_client.get("/admin/catalog/feedrun/").text
    pk = FeedSource.objects.get().pk
    for url in (
        "/admin/catalog/feedsource/",
        f"/admin/catalog/feedsource/{pk}/change/",
    ):
        assert admin_client.get(url).status_code == 200


@pytest.mark.parametrize(("kind", "start"), [("tsv", "id\titem"), ("jsonl", '{"id"')])
def test_all_products_are_exported(admin_client, kind, start):
    make_product(photo=True)
    response = admin_client.get(f"/admin/catalog/feedrun/export/{kind}/")
    text = b"".join(response.streaming_content).decode()
    assert text.startswith(start)
    assert "http://testserver/media/products/" in text
    assert "attachment" in response["Content-Disposition"]
    assert admin_client.get("/admin/catalog/feedrun/export/pdf/").status_code == 404


def test_a_feed_is_fetched_when_a_person_asks(admin_client):
    source = FeedSource.objects.create(
        name="web", address="https://shop.example/f", every_hours=24, fetched=now()
    )
    assert not source.is_due
    data = {"action": "fetch_soon", "_selected_action": [source.pk]}
    admin_client.post("/admin/catalog/feedsource/", data)
    source.refresh_from_db()
    assert source.is_due


@pytest.mark.parametrize(
    ("mapping", "stored"),
    [('{"Preis": "price"}', {"Preis": "price"}), ("", {}), ("null", {})],
)
def test_the_columns_of_a_feed_are_written_as_json(admin_client, mapping, stored):
    data = {"name": "spring", "mapping": mapping}
    answer = admin_client.post("/admin/catalog/feedsource/add/", data)
    assert answer.status_code == 302
    assert FeedSource.objects.get().mapping == stored


@pytest.mark.parametrize("mapping", ["[1]", "2", '{"Preis": ["price"]}', "{"])
def test_columns_that_no_import_can_use_are_refused(admin_client, mapping):
    data = {"name": "spring", "mapping": mapping}
    answer = admin_client.post("/admin/catalog/feedsource/add/", data)
    assert answer.status_code == 200
    assert not FeedSource.objects.exists()
