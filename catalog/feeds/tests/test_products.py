"""Products that the command creates and updates from a feed."""

import pytest
from django.utils import timezone

from catalog.announcements.signals import products_changed
from catalog.feeds.tests.feed_folder import COAT, HAT, colours, product
from catalog.history.entries import entries_of
from catalog.models import Category, Product, ProductImage
from catalog.product_words.models import ProductWords
from catalog.tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db


def test_a_brand_has_one_spelling(shop):
    head = "id,title,brand,price,product_type"
    shop.feed(
        *(
            "A1,Coat,Zora,5,Coats",
            "A2,Coat,ZORA,5,Coats",
            "A3,Coat,Zo\u00adra ,5,Coats",
        ),
        *("A4,Coat,Zora Kids,5,Coats",),
        head=head,
    )
    shop.feed("A5,Coat,zora,5,Coats", head=head)
    assert [product(f"A{n}").brand for n in (1, 2, 3, 5)] == ["Zora"] * 4
    assert product("A4").brand == "Zora Kids"


def test_a_product_without_ascii_letters_has_an_address(shop):
    shop.feed(
        "裙,连衣裙,5,Coats", "裤,连衣裙,5,Coats", head="id,title,price,product_type"
    )
    assert len({product("裙").slug, product("裤").slug, ""}) == 3


def test_a_feed_without_quantities_has_no_last_one(shop):
    head = "id,title,price,product_type,availability"
    shop.feed("A1,Coat,5,Coats,in_stock", "A2,Hat,5,Hats,preorder", head=head)
    assert (product("A1").stock, product("A1").in_stock) == (None, True)
    assert (product("A2").stock, product("A2").sold_out) == (None, False)
    assert "2 unchanged" in shop.run()


def test_a_product_that_is_no_longer_counted_is_no_last_one(shop):
    head = "id,title,price,product_type,availability,quantity"
    shop.feed("A1,Coat,5,Coats,in_stock,1", head=head)
    shop.feed("A1,Coat,5,Coats,in_stock,", head=head)
    assert (product("A1").stock, product("A1").in_stock) == (None, True)
    shop.feed("A1,Coat,5,Coats,,1", head=head)
    shop.feed("A1,Coat,5,Coats,,", head=head)
    assert product("A1").stock == 1


def test_the_most_frequent_spelling_of_a_brand_wins(shop):
    for brand in ("ZORA", "Zora", "Zora"):
        make_product(brand=brand)
    head = "id,title,brand,price,product_type"
    shop.feed("A1,Coat,zora,5,Coats", head=head)
    assert product("A1").brand == "Zora"


def test_a_feed_creates_products_with_photos(shop, media):
    output = shop.feed(COAT, HAT)
    assert "2 products created, 0 updated, 0 unchanged; 3 photos added" in output
    assert "within a minute" in output
    coat = product("A1")
    assert (coat.title, coat.price_display, coat.slug) == (
        *("Coat", "19.90 EUR", "coat-a1"),
    )
    assert (coat.category.name, coat.category.slug) == ("Coats", "coats")
    assert coat.status == Product.Status.PUBLISHED
    assert colours("A2") == ["navy", "green"]
    for image in ProductImage.objects.all():
        assert (media / image.file.name).exists()
        assert (image.width, image.height, len(image.sha256)) == (90, 120, 64)
        assert image.alt_text in ("Coat", "Hat")
        assert image.picture_hash and image.picture_tint


def test_words_find_imported_and_changed_products(shop, client):
    shop.feed(COAT)
    assert "Coat" in client.get("/?q=coats").text
    shop.feed(COAT.replace("Coat,", "Anorak,", 1))
    assert "Anorak" in client.get("/?q=anorak").text
    assert "anorak" in str(ProductWords.objects.get().document)


def test_an_unchanged_feed_changes_nothing_and_decodes_nothing(shop, prepared):
    shop.feed(COAT, HAT)
    before = list(Product.objects.order_by("id").values())
    rows = list(ProductImage.objects.order_by("id").values())
    prepared.clear()
    output = shop.run()
    assert "0 updated, 2 unchanged; 0 photos added, 0 removed" in output
    assert list(Product.objects.order_by("id").values()) == before
    assert list(ProductImage.objects.order_by("id").values()) == rows
    assert prepared == []


def test_only_changed_products_are_updated(shop):
    shop.feed(COAT, HAT)
    hat, started = product("A2"), timezone.now()
    output = shop.feed(COAT.replace("19.90", "17.90").replace("Coats", "Jackets"), HAT)
    assert "0 products created, 1 updated, 1 unchanged" in output
    coat = product("A1")
    assert (coat.price_cents, coat.category.name) == (1790, "Jackets")
    assert coat.updated > started > hat.updated
    assert product("A2").updated == hat.updated
    assert coat.slug == "coat-a1"  # its address stays


def test_a_missing_column_changes_nothing(shop):
    made = make_product(sku="A1", description="By hand", stock=7, photo=True)
    output = shop.feed("A1,17.90", head="id,price")
    assert "1 updated" in output
    made.refresh_from_db()
    assert (made.price_cents, made.description, made.stock) == (1790, "By hand", 7)
    assert (made.category.slug, made.images.count()) == ("dress", 1)


def test_an_empty_cell_empties_description_and_brand_only(shop):
    make_product(sku="A1", title="Coat", description="x", stock=7, photo=True)
    head = "id,title,description,brand,product_type,image_link,quantity,availability"
    shop.feed("A1,Coat,,,,,,", head=head)
    coat = product("A1")
    assert (coat.description, coat.brand) == ("", "")
    assert (coat.stock, coat.category.slug, coat.images.count()) == (7, "dress", 1)


def test_titles_in_any_script_get_distinct_slugs(shop, client):
    rows = ("A1,コート,コート,1,,", "a1,コート,コート,1,,", "A.1,Пальто,Обувь > Ü,1,,")
    shop.feed(*rows, "A-1,Gömlek,Gömlek,1,,", f"B,{'long ' * 32},Coats,1,,")
    slugs = Product.objects.order_by("id").values_list("slug", flat=True)
    assert slugs[0] == "a1"
    assert len(set(slugs)) == 5
    for slug in slugs:
        assert client.get(f"/products/{slug}/").status_code == 200
    names = sorted(Category.objects.values_list("name", flat=True))
    assert names == ["Coats", "Gömlek", "Ü", "コート"]


def test_an_existing_category_is_used(shop):
    dresses = make_category()
    shop.feed("A1,Dress,Apparel > DRESSES,1,,", "A2,Dress,dress,1,,")
    assert set(Category.objects.all()) == {dresses}


def test_the_category_option_applies_to_new_products_only(shop):
    make_product(sku="A1")
    shop.feed("A1,Coat,,1,,", "A2,Coat,,1,,", category="Sale")
    assert product("A1").category.slug == "dress"
    assert product("A2").category.name == "Sale"


def test_prices_are_in_the_shops_currency(shop, settings):
    settings.CURRENCY = "TRY"
    shop.feed('A1,Coat,Coats,"19,90",,', "A2,Hat,Hats,5 USD,,")
    assert product("A1").price_display == "19.90 TRY"
    assert not Product.objects.filter(sku="A2").exists()


def test_an_xml_feed_creates_products(shop):
    shop.path = shop.folder / "feed.xml"
    shop.path.write_text(
        '<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>A1</g:id>'
        "<title>Coat</title><g:price>19.90 EUR</g:price><g:product_type>Coats"
        "</g:product_type><g:image_link>red.jpg</g:image_link></item></channel></rss>"
    )
    assert "1 products created" in shop.run()
    assert (product("A1").price_cents, colours("A1")) == (1990, ["red"])


def test_products_that_a_feed_changes_are_announced_and_have_a_history(shop):
    head = "id,title,price,product_type,quantity"
    shop.feed("A1,Coat,5,Coats,1", "A2,Hat,5,Hats,1", head=head)
    said: list[int] = []

    def listen(products, **kwargs):
        said.extend(products)

    products_changed.connect(listen)
    shop.feed("A1,Coat,6,Hats,1", "A2,Hat,5,Hats,3", head=head)
    one, two = product("A1"), product("A2")
    assert {*said} == {one.pk, two.pk}
    coats, hats = (Category.objects.get(name=name).pk for name in ("Coats", "Hats"))
    entries = entries_of([one.pk, two.pk]).order_by("pk")
    assert [entry.changes for entry in entries] == [
        *({"sku": [None, "A1"]}, {"sku": [None, "A2"]}),
        {"price_cents": [500, 600], "category_id": [coats, hats]},
        {"A2 quantity": [1, 3]},
    ]
    assert entries[2].additional_data == {"by": "Feed spring"}
