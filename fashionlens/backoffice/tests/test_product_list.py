import pytest
from django.core.cache import caches
from django.utils import timezone

from catalog.feeds.runs.models import FeedSource
from catalog.models import FeedProduct, Product
from catalog.tests.factories import make_category, make_product
from catalog.variants.models import Variant
from fashionlens.webhooks.models import WebhookEndpoint, WebhookMessage
from search.models import EmbeddingFailure

LIST = "/admin/catalog/product/"


@pytest.fixture(autouse=True)
def brands_unknown():
    caches["process"].clear()


def listed(client, query: str) -> list[str]:
    page = client.get(f"{LIST}?{query}")
    assert page.status_code == 200
    return [product.sku for product in page.context["cl"].result_list]


def test_products_are_found_by_words_codes_and_codes_of_sizes(admin_client):
    coat = make_product(sku="COAT-1", title="Long wool coat", brand="Nordlys")
    make_product(sku="HAT-7", title="Straw hat", brand="Acme")
    Variant.objects.create(product=coat, sku="XL-99", size="XL", gtin="4006381333931")
    for words in ("wool", "Wool co", "nordlys", "COAT", "coat-1", "XL-9", "xl-99"):
        assert listed(admin_client, f"q={words}") == ["COAT-1"], words
    assert listed(admin_client, "q=4006381333931") == ["COAT-1"]
    assert listed(admin_client, "q=%20") == ["HAT-7", "COAT-1"]
    assert listed(admin_client, "q=velvet") == []
    assert listed(admin_client, f"q={'x' * 300}") == []


def test_photos_that_wait_fail_or_are_missing_can_be_filtered(
    admin_client, fake_encoder, embed
):
    make_product(sku="FOUND", photo=True)
    embed()
    make_product(sku="WAITS", photo=True)
    make_product(sku="BARE")
    image = make_product(sku="FAILED", photo=True).images.get()
    fields = {"reason": "It is torn.", "last_try": timezone.now()}
    EmbeddingFailure.objects.create(image=image, encoder=fake_encoder, **fields)
    assert listed(admin_client, "photos=waiting") == ["WAITS"]
    assert listed(admin_client, "photos=failed") == ["FAILED"]
    assert listed(admin_client, "photos=none") == ["BARE"]


def test_products_are_filtered_by_what_a_merchant_looks_for(admin_client):
    hats = make_category("Hats", "hat")
    make_product(sku="DRAFT", status="draft", price_cents=1000)
    make_product(sku="GONE", stock=0, price_cents=3000)
    fed = make_product(sku="FED", category=hats, brand="Acme", price_cents=5050)
    FeedSource.objects.create(name="Supplier")
    FeedProduct.objects.create(product=fed, feed="Supplier")
    assert listed(admin_client, "status__exact=draft") == ["DRAFT"]
    assert listed(admin_client, "stock=out") == ["GONE"]
    assert listed(admin_client, f"category__id__exact={hats.pk}") == ["FED"]
    assert listed(admin_client, "brand=Acme") == ["FED"]
    assert listed(admin_client, "feed=Supplier") == ["FED"]
    assert listed(admin_client, "feed=/") == ["GONE", "DRAFT"]
    assert listed(admin_client, "price_from=20&price_to=50.50") == ["FED", "GONE"]
    assert listed(admin_client, "price_to=cheap") == []


@pytest.mark.parametrize("across", [True, False])
def test_a_deletion_of_many_is_confirmed_by_a_count(
    admin_client, across, django_assert_max_num_queries
):
    rows = [make_category(f"Kind {n}", f"kind-{n}") for n in range(25)]
    chosen = rows[:1] if across else rows[:24]
    data = {"_selected_action": [row.pk for row in chosen], "index": 0}
    data |= {"action": "delete_selected", "select_across": int(across)}
    with django_assert_max_num_queries(15):
        page = admin_client.post("/admin/catalog/category/", data)
    number = 25 if across else 24
    assert f"{number} categories" in page.text
    assert f"and {number - 20} more" in page.text
    assert page.text.count('name="_selected_action"') == len(chosen)
    left = make_category("Left", "left") if not across else None
    admin_client.post("/admin/catalog/category/", data | {"post": "yes"})
    remaining = make_category().__class__.objects.exclude(slug="dress").count()
    assert remaining == (2 if left else 0)


def test_a_row_that_others_need_is_not_deleted(admin_client):
    product = make_product()
    address = f"/admin/catalog/category/{product.category_id}/delete/"
    assert "1 product" in admin_client.get(address).text
    admin_client.post(address, {"post": "yes"})
    assert Product.objects.get().category == product.category


def test_a_deletion_counts_what_goes_with_it(admin_client):
    endpoint = WebhookEndpoint.objects.create(url="https://a.example/", events=[])
    fields = {"event": "photo.failed", "data": {}, "transaction": 1}
    for subject in ("A-1", "A-2"):
        WebhookMessage.objects.create(endpoint=endpoint, subject=subject, **fields)
    address = f"/admin/webhooks/webhookendpoint/{endpoint.pk}/delete/"
    counts = dict(admin_client.get(address).context["model_count"])
    assert counts == {"webhooks": 1, "webhook messages": 2}
