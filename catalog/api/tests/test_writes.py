"""Products that programs write: one, many, once, and without losing an update."""

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client

from catalog.api.tests.answers import field_errors
from catalog.history.entries import entries_of
from catalog.models import Category, Product
from catalog.tests.factories import make_category, make_product
from catalog.trash.models import TrashedProduct
from catalog.variants.models import Variant
from fashionlens.keys.models import make_key

pytestmark = pytest.mark.django_db
DRESS = {"title": "Navy dress", "category": "Dresses", "price_cents": 4990}
SIZES = [{"sku": "D-S", "size": "S", "stock": 2}, {"sku": "D-M", "size": "M"}]


def secret(*scopes: str) -> str:
    scopes = scopes or ("catalogue",)
    return make_key(name="server", kind="secret", scopes=scopes)[1]


@pytest.fixture
def send(client):
    token = secret()

    def send(method: str, sku: str, body=None, *, key: str = token, **headers: str):
        text = body if isinstance(body, str) else json.dumps(body)
        return client.generic(
            method,
            f"/api/v1/products/{quote(sku)}/",
            text,
            "application/json",
            headers={"Authorization": f"Bearer {key}", **headers},
        )

    return send


def test_a_product_with_sizes_is_created_read_and_replaced(send):
    made = send("PUT", "D", DRESS | {"variants": SIZES, "brand": "Nordlys"})
    assert made.status_code == 201, made.json()
    assert made.json()["stock"] is None  # of one size it is unknown
    assert [v["stock"] for v in made.json()["variants"]] == [2, None]
    read = send("GET", "D")
    assert (read.json(), read["ETag"]) == (made.json(), made["ETag"])
    replaced = send("PUT", "D", DRESS | {"title": "Blue dress"})
    assert replaced.status_code == 200
    assert (replaced.json()["title"], replaced.json()["brand"]) == ("Blue dress", "")
    assert len(replaced.json()["variants"]) == 2


def test_a_whole_number_may_have_a_decimal_point(send):
    assert send("PUT", "D", DRESS | {"price_cents": 5.0}).json()["price"]["cents"] == 5
    assert "price_cents" in field_errors(send("PUT", "D", DRESS | {"price_cents": 5.5}))


def test_a_patch_changes_the_given_fields_only(send):
    send("PUT", "D", DRESS | {"brand": "Nordlys", "stock": 3})
    changed = send("PATCH", "D", {"price_cents": 100, "stock": 7}).json()
    assert (changed["price"]["cents"], changed["brand"]) == (100, "Nordlys")
    assert changed["stock"] == changed["variants"][0]["stock"] == 7
    assert send("PATCH", "nothing", {"stock": 1}).status_code == 404


def test_sizes_are_replaced_by_those_sent(send):
    send("PUT", "D", DRESS | {"variants": SIZES})
    other = [{"sku": "D-M", "size": "M", "stock": 1}, {"sku": "D-L", "size": "L"}]
    kept = Variant.objects.get(sku="D-M").pk
    sizes = send("PATCH", "D", {"variants": other}).json()["variants"]
    assert [each["sku"] for each in sizes] == ["D-M", "D-L"]
    assert Variant.objects.get(sku="D-M").pk == kept


def test_a_deleted_product_is_in_the_trash_and_may_come_back(send, client):
    send("PUT", "D", DRESS)
    assert send("DELETE", "D").status_code == 204
    assert Product.objects.in_trash().count() == 1
    assert client.get("/api/v1/products/D/").status_code == 404
    assert send("GET", "D").json()["status"] == "archived"
    assert send("PATCH", "D", {"status": "published"}).status_code == 200
    assert client.get("/api/v1/products/D/").status_code == 200
    assert not TrashedProduct.objects.exists()


def test_the_history_names_the_key_and_both_values(send):
    send("PUT", "D", DRESS | {"variants": SIZES})
    send("PATCH", "D", {"price_cents": 100, "variants": [{"sku": "D-S", "size": "S"}]})
    made, changed = entries_of([Product.objects.get().pk]).order_by("pk")
    assert made.additional_data == {"by": "API key server"}
    assert made.changes["D-S quantity"] == [None, 2]
    assert changed.changes["price_cents"] == [4990, 100]
    assert changed.changes["D-S quantity"] == [2, None]
    assert changed.changes["D-M size"] == ["M", None]


@pytest.mark.parametrize("sku", ["a/b", "a%2Fb", "ÄÖ 7", "👗-1", "bulk?x=1", "similar"])
def test_any_printable_sku_is_an_address(send, client, sku):
    made = send("PUT", sku, DRESS)
    assert (made.status_code, made.json()["sku"]) == (201, sku)
    assert send("GET", sku).json()["sku"] == sku


@pytest.mark.parametrize("sku", ["..", "a/../b", "a\u2028b"])
def test_other_skus_are_refused(send, sku):
    assert send("PUT", sku, DRESS).status_code in (400, 404)
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "title", "required"),
        (DRESS | {"title": ""}, "title", "blank"),
        (DRESS | {"title": None}, "title", "null"),
        (DRESS | {"title": "x\0"}, "title", "null_characters_not_allowed"),
        (DRESS | {"title": "\ud800"}, "title", "surrogate_characters_not_allowed"),
        (DRESS | {"titel": "x"}, "titel", "unknown_parameter"),
        (DRESS | {"price_cents": -1}, "price_cents", "min_value"),
        (DRESS | {"price_cents": 2**31}, "price_cents", "max_value"),
        (DRESS | {"title": 7}, "title", "invalid"),
        (DRESS | {"status": 1}, "status", "invalid"),
        (DRESS | {"stock": True}, "stock", "invalid"),
        (DRESS | {"price_cents": "5"}, "price_cents", "invalid"),
        (DRESS | {"sale_price_cents": 4990}, "sale_price_cents", "invalid"),
        (
            DRESS
            | {"sale_starts": "2026-02-01T00:00Z", "sale_ends": "2026-01-01T00:00Z"},
            "sale_ends",
            "invalid",
        ),
        (DRESS | {"variants": SIZES, "stock": 1}, "stock", "conflict"),
        (DRESS | {"variants": SIZES[:1] * 2}, "variants", "repeated_sku"),
        (DRESS | {"variants": []}, "variants", "min_length"),
        (DRESS | {"link": "javascript:alert(1)"}, "link", "invalid"),
    ],
)
def test_wrong_bodies_are_refused_with_the_field(send, body, field, code):
    assert field_errors(send("PUT", "D", body))[field] == code
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '"x"', "[" * 10_000 + "]" * 10_000, '{"a":NaN}']
)
def test_bodies_that_are_no_object_are_refused(send, body):
    assert send("PUT", "D", body).status_code == 400


def test_skus_of_other_products_are_refused(send):
    send("PUT", "D", DRESS | {"variants": SIZES})
    assert field_errors(send("PUT", "D-S", DRESS)) == {"sku": "sku_taken"}
    taken = send("PUT", "E", DRESS | {"variants": SIZES})
    assert field_errors(taken) == {"variants": "sku_taken"}
    stock = send("PATCH", "D", {"stock": 1})
    assert field_errors(stock) == {"stock": "conflict"}


def test_a_sale_is_checked_against_the_stored_price(send):
    send("PUT", "D", DRESS)
    errors = field_errors(send("PATCH", "D", {"sale_price_cents": 5000}))
    assert errors == {"sale_price_cents": "invalid"}
    assert send("PATCH", "D", {"sale_price_cents": 10}).json()["price"]["cents"] == 10


def test_categories_are_found_by_slug_and_name_or_made(send):
    make_category("Dresses", "dress")
    for name in ("dress", "Dresses", "dresses"):
        sent = send("PUT", name, DRESS | {"category": name})
        assert sent.json()["category"]["slug"] == "dress"
    send("PUT", "hat", DRESS | {"category": "Hats"})
    assert Category.objects.count() == 2


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_writing_needs_a_secret_key_with_the_scope(send, client, method):
    make_product(sku="D")
    refused = client.generic(method, "/api/v1/products/D/", "{}", "application/json")
    assert (refused.status_code, refused.json()["code"]) == (401, "key_required")
    for key in (secret("photos"), make_key(name="x", kind="publishable")[1]):
        refused = send(method, "D", DRESS, key=key)
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")


def test_the_staff_writes_with_its_session_and_csrf_token(admin_user):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin_user)
    url, kind = "/api/v1/products/D/", "application/json"
    assert browser.put(url, DRESS, kind).status_code == 403
    browser.cookies["csrftoken"] = token = "a" * 32
    headers = {"X-CSRFToken": token}
    made = browser.put(url, DRESS | {"stock": 4}, kind, headers=headers)
    assert (made.status_code, made.json()["stock"]) == (201, 4)


def test_exact_stock_is_shown_to_secret_keys_only(send, client):
    send("PUT", "D", DRESS | {"variants": [{"sku": "D", "stock": 3}]})
    shown = client.get("/api/v1/products/D/").json()
    assert (shown["stock"], shown["variants"][0]["stock"]) == (None, None)
    assert (shown["in_stock"], send("GET", "D").json()["stock"]) == (True, 3)
    assert client.get("/api/v1/products/").json()["results"][0]["stock"] is None


def test_an_old_version_is_not_overwritten(send):
    first = send("PUT", "D", DRESS)["ETag"]
    match = {"If-Match": first}
    assert send("PATCH", "D", {"stock": 1}, **match).status_code == 200
    for method in ("PUT", "PATCH", "DELETE"):
        lost = send(method, "D", DRESS, **match)
        assert (lost.status_code, lost.json()["code"]) == (412, "version_conflict")
    assert send("PUT", "E", DRESS, **match).status_code == 412
    assert send("PUT", "D", DRESS, **{"If-None-Match": "*"}).status_code == 412


def test_a_client_that_has_the_answer_gets_304(send, client):
    send("PUT", "D", DRESS)
    for url in ("/api/v1/products/D/", "/api/v1/products/", "/api/v1/categories/"):
        first = client.get(url)
        again = client.get(url, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    send("PATCH", "D", {"title": "Other"})
    stale = client.get(url, headers={"If-None-Match": '"x"'})
    assert stale.status_code == 200


def test_a_write_is_carried_out_once_for_each_idempotency_key(send):
    once = {"Idempotency-Key": "a-1"}
    first = send("PUT", "D", DRESS, **once)
    send("PATCH", "D", {"title": "Other"})
    again = send("PUT", "D", DRESS, **once)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again["ETag"] == first["ETag"]
    assert Product.objects.get().title == "Other"
    reused = send("PUT", "D", DRESS | {"title": "x"}, **once)
    assert (reused.status_code, reused.json()["code"]) == (
        422,
        "idempotency_key_reused",
    )
    assert send("PUT", "E", DRESS, key=secret(), **once).status_code == 201


def test_a_refused_write_may_be_sent_again_with_its_key(send):
    once = {"Idempotency-Key": "a-1"}
    assert send("PATCH", "D", {"stock": 1}, **once).status_code == 404
    send("PUT", "D", DRESS)
    assert send("PATCH", "D", {"stock": 1}, **once).status_code == 200
    wrong = {"Idempotency-Key": "x" * 65}
    assert send("PUT", "D", DRESS, **wrong).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_two_writers_at_once_lose_nothing():
    token = secret()
    made = Client().put(
        "/api/v1/products/D/",
        DRESS,
        "application/json",
        headers={"Authorization": f"Bearer {token}"},
    )

    def write(number: int) -> int:
        headers = {"Authorization": f"Bearer {token}", "If-Match": made["ETag"]}
        url, body = "/api/v1/products/D/", {"stock": number}
        try:
            kind = "application/json"
            return Client().patch(url, body, kind, headers=headers).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(write, range(1, 5)))
    assert statuses == [200, 412, 412, 412]


@pytest.fixture
def bulk(client):
    headers = {"Authorization": f"Bearer {secret()}"}

    def bulk(*products, **more: str):
        return client.post(
            "/api/v1/products/bulk/",
            {"products": list(products)},
            "application/json",
            headers=headers | more,
        )

    return bulk


def test_one_bad_product_does_not_stop_the_others(bulk):
    make_product(sku="old", stock=5)
    answer = bulk(
        DRESS | {"sku": "new", "variants": SIZES},
        {"sku": "old", "stock": 1},
        {"sku": "half"},
        DRESS | {"sku": "D-M"},
        {"sku": "old"},
        "text",
        {"title": "nameless"},
    ).json()
    assert [(r["sku"], r["status"]) for r in answer["results"]] == [
        ("new", "created"),
        ("old", "updated"),
        *(("half", "failed"), ("D-M", "failed"), ("old", "failed")),
        *(("", "failed"), ("", "failed")),
    ]
    assert (answer["created"], answer["updated"], answer["failed"]) == (1, 1, 5)
    codes = [r["problems"][0]["code"] for r in answer["results"] if r["problems"]]
    expected = ["required", "sku_taken", "repeated_sku", "invalid", "required"]
    assert codes == expected
    assert set(Product.objects.values_list("sku", flat=True)) == {"new", "old"}


def test_what_is_sent_again_is_unchanged(bulk):
    products = [DRESS | {"sku": f"D-{n}", "stock": n} for n in range(3)]
    assert bulk(*products).json()["created"] == 3
    assert bulk(*products).json()["unchanged"] == 3


def test_many_products_take_few_queries(bulk, django_assert_max_num_queries):
    products = [DRESS | {"sku": f"D-{n}", "stock": n} for n in range(500)]
    for changes in ({}, {"price_cents": 1}, {}):
        sent = [product | changes for product in products]
        with django_assert_max_num_queries(60):
            assert bulk(*sent).json()["failed"] == 0


def test_more_than_500_products_are_refused(bulk):
    assert field_errors(bulk(*[{"sku": "x"}] * 501)) == {"products": "invalid"}
    assert field_errors(bulk()) == {"products": "invalid"}


def test_an_endless_bulk_body_is_refused_unread(client):
    answer = client.generic(
        "POST",
        "/api/v1/products/bulk/",
        b"{}",
        "application/json",
        CONTENT_LENGTH=str(500 * 1024 * 1024),
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_product_may_have_the_sku_of_an_address(send, client):
    body = {"title": "Bulk", "category": "Bags", "price_cents": 100}
    assert send("put", "bulk", body).status_code == 201
    assert client.get("/api/v1/products/bulk/").json()["sku"] == "bulk"
    assert send("patch", "bulk", {"title": "Other"}).json()["title"] == "Other"
    body = {"products": [{"sku": "bulk", "title": "Third"}]}
    assert send("post", "bulk", body).json()["updated"] == 1
    assert send("delete", "bulk").status_code == 204
