import errno

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Product, ProductImage
from catalog.photos.storage import AtomicFileSystemStorage, StorageFull
from catalog.photos.store import add_photo
from catalog.tests.factories import make_category, make_photo_bytes, make_product

pytestmark = pytest.mark.django_db


def form(*photos: bytes, name: str = "photo.jpg", existing: int = 0, **over) -> dict:
    data = {
        "sku": "COAT-1",
        "slug": "coat-1",
        "title": "Coat",
        "category": make_category().id,
        "price_cents": "99.00",
        "status": "published",
        "variants-TOTAL_FORMS": 0 if existing else 1,
        "variants-INITIAL_FORMS": 0,
        "variants-0-availability": "in_stock",
        "variants-0-quantity": 1,
        "variants-0-position": 0,
        "images-TOTAL_FORMS": existing + len(photos),
        "images-INITIAL_FORMS": existing,
    }
    for number, photo in enumerate(photos, existing):
        data[f"images-{number}-file"] = SimpleUploadedFile(name, photo)
        data[f"images-{number}-position"] = number
    return data | over


def errors(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_a_product_is_added_with_several_photos(admin_client):
    photos = [make_photo_bytes(c) for c in ("red", "lime", "blue")]
    response = admin_client.post("/admin/catalog/product/add/", form(*photos))
    assert response.status_code == 302
    images = Product.objects.get(sku="COAT-1").images.all()
    assert [i.position for i in images] == [0, 1, 2]
    assert len({i.sha256 for i in images}) == 3


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (b"", "The file is empty"),
        (b"just text", "JPEG, PNG"),
        (make_photo_bytes()[:400], "Photo"),
        (b"\xff\xd8\xff" + bytes(11 * 1024 * 1024), "10 MB"),
    ],
)
def test_an_unreadable_photo_is_a_form_error(admin_client, media, photo, words):
    response = admin_client.post("/admin/catalog/product/add/", form(photo))
    assert words in errors(response)
    assert response.context["errors"]
    assert not Product.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_a_hostile_file_name_reaches_neither_disk_nor_page(admin_client, media):
    name = '../../<script>alert(1)</script>";.php\x00.jpg'
    admin_client.post(
        "/admin/catalog/product/add/", form(make_photo_bytes(), name=name)
    )
    image = ProductImage.objects.get()
    assert image.file.name.startswith("products/")
    assert image.file.name.endswith(".jpg")
    assert "script" not in image.file.name


def test_the_same_photo_twice_is_a_form_error(admin_client):
    photo = make_photo_bytes()
    response = admin_client.post("/admin/catalog/product/add/", form(photo, photo))
    assert "already has this photo" in errors(response)
    assert not Product.objects.exists()


def test_a_photo_that_the_product_has_is_a_form_error(admin_client):
    product = make_product(photo=make_photo_bytes())
    image = product.images.get()
    data = form(
        make_photo_bytes(),
        existing=1,
        **{
            "images-0-id": image.id,
            "images-0-product": product.id,
            "images-0-position": 0,
        },
    )
    url = f"/admin/catalog/product/{product.id}/change/"
    assert "already has this photo" in errors(admin_client.post(url, data))


@pytest.mark.parametrize("other", ["deleted", "replaced"])
def test_a_photo_of_another_row_is_a_form_error_until_that_is_saved(
    admin_client, other
):
    """The database would refuse the first row before the second is saved."""
    product = make_product(photo=make_photo_bytes("red"))
    add_photo(product=product, data=make_photo_bytes("blue"))
    data = form(make_photo_bytes("blue"), make_photo_bytes("red"))
    data["images-INITIAL_FORMS"] = 2
    for number, image in enumerate(product.images.all()):
        data[f"images-{number}-id"] = image.pk
        data[f"images-{number}-product"] = product.pk
    if other == "deleted":
        del data["images-1-file"]
        data["images-1-DELETE"] = "on"
    url = f"/admin/catalog/product/{product.pk}/change/"
    assert "has this photo" in errors(admin_client.post(url, data))


def test_a_sku_with_characters_unfit_for_urls_is_refused(admin_client):
    data = form(sku="a/../b")
    assert "printable characters" in errors(
        admin_client.post("/admin/catalog/product/add/", data)
    )


def test_a_quantity_may_be_unknown(admin_client):
    preorder = {"variants-0-availability": "preorder", "variants-0-quantity": ""}
    data = form(sku="KLEID/42", **preorder)
    admin_client.post("/admin/catalog/product/add/", data)
    product = Product.objects.get(sku="KLEID/42")
    assert (product.availability, product.stock) == ("preorder", None)
    assert product.variants.get().sku == "KLEID/42"


@pytest.mark.parametrize(
    ("currency", "written", "price", "shown"),
    [
        ("EUR", "49.90", 4990, "49.90"),
        ("EUR", "49,9", 4990, "49.90"),
        ("EUR", "1.299,00 €", 129_900, "1299.00"),
        ("JPY", "12800", 12_800, "12800"),
        ("KWD", "12.500", 12_500, "12.500"),
    ],
)
def test_prices_are_written_as_people_write_them(
    admin_client, settings, currency, written, price, shown
):
    settings.CURRENCY = currency
    data = form(price_cents=written)
    admin_client.post("/admin/catalog/product/add/", data)
    product = Product.objects.get()
    assert (product.price_cents, product.currency) == (price, currency)
    page = admin_client.get(f"/admin/catalog/product/{product.pk}/change/").text
    assert f'value="{shown}"' in page
    assert f"Price ({currency})" in page


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ({"price_cents": "-1"}, "Enter a price"),
        ({"price_cents": "many"}, "Enter a price"),
        ({"price_cents": "99999999999"}, "highest price is 21,474,836.47 EUR"),
        ({"price_cents": "5 USD"}, "not in USD"),
        ({"price_cents": ""}, "required"),
        ({"sale_price_cents": "99.00"}, "not lower"),
        ({"variants-0-price_cents": "-3"}, "Enter a price"),
        ({"variants-0-price_cents": "98.99"}, "below the product"),
    ],
)
def test_a_wrong_price_is_a_form_error(admin_client, prices, words):
    data = form(**prices)
    assert words in errors(admin_client.post("/admin/catalog/product/add/", data))
    assert not Product.objects.exists()


def sizes(*rows: dict, existing: int = 0) -> dict:
    data = {"variants-TOTAL_FORMS": len(rows), "variants-INITIAL_FORMS": existing}
    for number, row in enumerate(rows):
        row = {"availability": "in_stock", "position": number} | row
        data |= {f"variants-{number}-{name}": value for name, value in row.items()}
    return data


def test_a_product_is_added_with_sizes_and_sold_out_with_them(admin_client):
    rows = [{"size": "S", "quantity": 2}, {"size": "M", "quantity": 1, "sku": "C/M"}]
    admin_client.post("/admin/catalog/product/add/", form(**sizes(*rows)))
    product = Product.objects.get(sku="COAT-1")
    assert [v.sku for v in product.variants.all()] == ["COAT-1-S", "C/M"]
    assert product.stock == 3
    for row, variant in zip(rows, product.variants.all(), strict=True):
        row |= {"id": variant.pk, "product": product.pk, "quantity": 0}
    url = f"/admin/catalog/product/{product.pk}/change/"
    admin_client.post(url, form(**sizes(*rows, existing=2)))
    product.refresh_from_db()
    assert product.sold_out


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"sku": "TAKEN"}, "already exists"),
        ({"sku": ".."}, "printable characters"),
        ({"quantity": -1}, "greater than or equal to 0"),
        ({"quantity": 2**31}, "less than or equal to"),
        ({"gtin": "123"}, "digits"),
        ({"size": "x" * 41}, "at most 40"),
    ],
)
def test_a_wrong_size_is_a_form_error(admin_client, row, words):
    make_product(sku="TAKEN")
    data = form(**sizes(row))
    assert words in errors(admin_client.post("/admin/catalog/product/add/", data))
    assert Product.objects.count() == 1


def test_a_saved_product_keeps_the_stock_that_was_changed_meanwhile(
    admin_client, monkeypatch
):
    product = make_product(stock=5)
    variant = product.variants.get()
    row = {"id": variant.pk, "product": product.pk, "sku": variant.sku, "quantity": 5}
    save = Product.save

    def save_late(self, *args, **options):
        product.variants.update(quantity=2)
        save(self, *args, **options)

    monkeypatch.setattr(Product, "save", save_late)
    url = f"/admin/catalog/product/{product.pk}/change/"
    admin_client.post(url, form(**sizes(row, existing=1)))
    product.refresh_from_db()
    assert (product.title, product.stock) == ("Coat", 2)


def test_the_list_needs_a_fixed_number_of_queries(
    admin_client, django_assert_max_num_queries
):
    for _ in range(12):
        make_product(photo=True)
    admin_client.get("/admin/catalog/product/")  # makes the thumbnails
    with django_assert_max_num_queries(12):
        assert admin_client.get("/admin/catalog/product/").status_code == 200


@pytest.mark.parametrize(("limit", "shown"), [(2, True), (1, False)])
def test_the_brand_filter_is_shown_for_few_brands_only(
    admin_client, monkeypatch, limit: int, shown: bool
):
    caches["process"].clear()
    monkeypatch.setattr("fashionlens.backoffice.product_list.MAX_BRANDS", limit)
    for brand in ("Acme", "Ostra"):
        make_product(brand=brand)
    page = admin_client.get("/admin/catalog/product/?_facets=True")
    assert page.status_code == 200
    assert ("?_facets=True&amp;brand=Ostra" in page.text) is shown


@pytest.mark.parametrize(
    "path",
    [
        "",
        "catalog/category/",
        "catalog/product/1234/",
        "search/encoder/",
        "search/embeddingfailure/",
        "catalog/product/add/",
    ],
)
def test_the_admin_pages_open(admin_client, path):
    assert admin_client.get(f"/admin/{path}", follow=True).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["product/?brand=%00", "product/?sku__exact=a%00b", "category/?name=%00"],
)
def test_a_filter_with_a_nul_character_is_a_bad_request(admin_client, address):
    response = admin_client.get(f"/admin/catalog/{address}")
    assert response.status_code == 400
    assert "cannot be searched for" in response.text


def test_colours_of_a_photo_are_detected_and_can_be_changed(admin_client):
    add = "/admin/catalog/product/add/"
    admin_client.post(add, form(make_photo_bytes("navy")))
    image = ProductImage.objects.get()
    assert image.colours == ["navy"] and not image.colours_chosen
    change = {
        "images-0-id": image.id,
        "images-0-product": image.product_id,
        "images-0-position": 0,
        "images-TOTAL_FORMS": 1,
    }
    address = f"/admin/catalog/product/{image.product_id}/change/"
    chosen = change | {"images-0-colours": ["blue", "pink"]}
    response = admin_client.post(address, form(existing=1) | chosen)
    assert response.status_code == 302
    image.refresh_from_db()
    assert image.colours == ["blue", "pink"] and image.colours_chosen
    many = change | {"images-0-colours": ["blue", "pink", "red", "grey"]}
    assert "no more than 3" in errors(
        admin_client.post(address, form(existing=1) | many)
    )


@pytest.mark.parametrize(
    ("permission", "status"), [("view", "draft"), ("change", "archived")]
)
def test_archiving_needs_the_permission_to_change_products(client, permission, status):
    staff = User.objects.create_user("staff", is_staff=True)
    for name in {"view", permission}:
        staff.user_permissions.add(Permission.objects.get(codename=f"{name}_product"))
    client.force_login(staff)
    product = make_product(status="draft")
    chosen = {"action": "archive", "_selected_action": product.pk}
    client.post("/admin/catalog/product/", chosen)
    product.refresh_from_db()
    assert product.status == status
    page = client.get("/admin/catalog/product/").content.decode()
    assert ("Publish selected" in page) == (permission == "change")


@pytest.mark.parametrize("action", ["publish", "archive"])
def test_publishing_and_archiving_change_the_update_time(admin_client, action):
    product = make_product(status="draft", photo=True)
    chosen = {"action": action, "_selected_action": product.pk}
    admin_client.post("/admin/catalog/product/", chosen)
    before = product.updated
    product.refresh_from_db()
    assert product.updated > before


def test_a_full_disk_is_named_and_leaves_nothing(admin_client, media, monkeypatch):
    admin_client.raise_request_exception = False
    save, photos = AtomicFileSystemStorage._save, []

    def run_out(self, name, content):
        if photos:
            raise StorageFull(OSError(errno.ENOSPC, "No space left on device"))
        photos.append(name)
        return save(self, name, content)

    monkeypatch.setattr(AtomicFileSystemStorage, "_save", run_out)
    data = form(make_photo_bytes("red"), make_photo_bytes("lime"))
    response = admin_client.post("/admin/catalog/product/add/", data)
    assert (response.status_code, photos != []) == (503, True)
    assert "disk for photos (MEDIA_ROOT) is full" in response.text
    assert not Product.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]
