"""A shop whose photos are in an object storage: the server of moto.

boto3 takes seconds to start.
"""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit
from urllib.request import urlopen

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import transaction
from moto.server import ThreadedMotoServer

from catalog.models import ProductImage
from catalog.photos import check
from catalog.photos.check import check_media
from catalog.photos.object_storage import storage_options
from catalog.photos.thumbnails import Thumbnail
from catalog.photos.unused import remove_files_on_error
from catalog.tests.factories import make_photo_bytes, make_product


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def bucket(server, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    s3 = boto3.resource("s3", endpoint_url=server, region_name="us-east-1")
    bucket = s3.create_bucket(Bucket="shop")
    yield bucket
    bucket.objects.all().delete()
    bucket.delete()


@pytest.fixture
def storage(bucket, server, settings):
    url = f"s3://shop/photos?region=us-east-1&endpoint={server}"
    use(settings, url)
    return bucket


def use(settings, url: str) -> None:
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "catalog.photos.object_storage.ObjectStorage",
            "OPTIONS": storage_options(url),
        }
    }


@pytest.mark.django_db
def test_photos_and_thumbnails_are_objects_reached_by_signed_addresses(storage, client):
    image = make_product(photo=True).images.get()
    assert image.file.url.startswith("/media/products/")
    assert client.get(image.card.url).content  # drawn, and stored
    for url in (image.file.url, image.card.url):
        response = client.get(url)
        assert response.status_code == 302, response.content
        assert "Signature" in response["Location"]
        assert "max-age=1800" in response["Cache-Control"]
        with urlopen(response["Location"]) as answer:
            assert len(answer.read()) > 100
            assert "immutable" in answer.headers["Cache-Control"]
    names = [each.key for each in storage.objects.all()]
    thumbnail = Thumbnail(image.file.name, "card").name
    assert names == [f"photos/{image.file.name}", f"photos/{thumbnail}"]


@pytest.mark.django_db
def test_deleting_a_photo_deletes_its_objects(
    storage, client, django_capture_on_commit_callbacks
):
    image = make_product(photo=True).images.get()
    client.get(image.card.url)
    with django_capture_on_commit_callbacks(execute=True):
        image.delete()
    assert list(storage.objects.all()) == []


@pytest.mark.django_db
def test_two_products_with_one_photo_have_a_file_each(storage):
    photo = make_photo_bytes("red")
    make_product(photo=photo)
    make_product(photo=photo)
    names = set(ProductImage.objects.values_list("file", flat=True))
    assert len(names) == len(list(storage.objects.all())) == 2


@pytest.mark.parametrize("path", ["products/aa/none.jpg", "thumbnails/x/160.webp"])
def test_a_photo_that_does_not_exist_is_not_found(storage, client, path):
    assert client.get(f"/media/{path}").status_code == 404


def test_a_name_outside_the_folder_is_not_found(storage, client):
    storage.put_object(Key="secret.txt", Body=b"x")
    assert client.get("/media/..%2Fsecret.txt").status_code == 404


@pytest.mark.django_db
def test_public_addresses_are_not_signed(storage, settings, client, server):
    public = "https://images.example/shop"
    use(settings, f"s3://shop/photos?endpoint={server}&public={public}")
    image = make_product(photo=True).images.get()
    address = client.get(image.file.url)["Location"]
    assert address == f"{public}/photos/{image.file.name}"
    assert not urlsplit(address).query


def test_a_backup_holds_the_objects(storage, tmp_path, transactional_db):
    image = make_product(photo=True).images.get()
    call_command("backup", str(tmp_path))
    saved = (tmp_path / "photos" / image.file.name).read_bytes()
    assert saved == default_storage.open(image.file.name).read()


def test_a_bucket_that_refuses_is_an_error_of_the_storage(settings, server, bucket):
    use(settings, f"s3://another/photos?region=us-east-1&endpoint={server}")
    with pytest.raises(OSError, match="another"):
        default_storage.save("a.jpg", ContentFile(b"x"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://shop?regoin=eu", "unknown parameter regoin"),
        ("s3:///photos", "not valid"),
        ("s3://key:hidden@shop", "AWS_ACCESS_KEY_ID"),
        ("https://shop.s3.example", "not valid"),
    ],
)
def test_a_storage_url_that_cannot_be_read_is_refused(url, said):
    with pytest.raises(ImproperlyConfigured, match=said) as error:
        storage_options(url)
    assert "hidden" not in str(error.value)


@pytest.mark.django_db
def test_spare_and_missing_objects_are_found(storage, monkeypatch):
    image = make_product(photo=True).images.get()
    default_storage.save("products/ab/spare.jpg", ContentFile(b"left"))
    assert check_media().spare == []  # perhaps of a row that is not committed yet
    monkeypatch.setattr(check, "MIN_AGE", timedelta(0))
    assert check_media(repair=True).orphaned == ["products/ab/spare.jpg"]
    assert [each.key for each in storage.objects.all()] == [f"photos/{image.file.name}"]
    default_storage.delete(image.file.name)
    assert check_media().missing == [image]


@pytest.mark.django_db
def test_objects_of_rolled_back_rows_are_deleted(storage):
    failing = pytest.raises(ZeroDivisionError)
    with failing, remove_files_on_error(), transaction.atomic():
        make_product(photo=True)
        raise ZeroDivisionError
    assert list(storage.objects.all()) == []
