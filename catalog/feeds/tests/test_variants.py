"""Rows that are sizes and colours of one style."""

import pytest

from catalog.feeds.tests.feed_folder import colours, product
from catalog.models import FeedProduct, Product
from catalog.tests.factories import make_product
from catalog.variants.models import Variant

pytestmark = pytest.mark.django_db

HEAD = "id,title,price,product_type,item_group_id,color,size,availability,image_link"
NO_GROUP = "id,title,price,product_type"


def row(sku: str, colour: str = "Red", size: str = "", **cells: str) -> str:
    values = {
        "title": "Rib top",
        "price": "25.00",
        "category": "Tops",
        "group": "RIB",
        "availability": "in_stock",
        "photo": "",
    } | cells
    return ",".join(
        [
            *(sku, values["title"], values["price"], values["category"]),
            *(values["group"], colour, size, values["availability"], values["photo"]),
        ]
    )


def sizes(sku: str) -> list[tuple[str, str]]:
    found = product(sku).variants.order_by("position")
    return [(each.sku, each.size) for each in found]


def test_a_style_in_one_colour_is_one_product(shop):
    output = shop.feed(
        *(row("R-S", size="S"), row("B-S", "Blue", "S"), row("R-M", size="M")),
        head=HEAD,
    )
    assert "2 products created" in output
    assert sizes("R-S") == [("R-S", "S"), ("R-M", "M")]
    assert sizes("B-S") == [("B-S", "S")]
    assert set(Product.objects.values_list("group", "colour")) == {
        *(("RIB", "Red"), ("RIB", "Blue"))
    }
    assert product("R-S").sizes == ["S", "M"]
    assert "0 products created, 0 updated, 2 unchanged" in shop.run()


def test_rows_of_a_product_need_not_stand_together(shop, monkeypatch):
    monkeypatch.setattr("catalog.feeds.run.BATCH_ROWS", 2)
    rows = [row(f"R-{n}", size=str(n), photo="red.jpg") for n in range(3)]
    others = [f"X{n},Hat {n},5,Hats,,,,," for n in range(5)]
    shop.feed(rows[0], *others[:3], rows[1], *others[3:], rows[2], head=HEAD)
    assert sizes("R-0") == [("R-0", "0"), ("R-1", "1"), ("R-2", "2")]
    assert Product.objects.count() == 6


def test_photos_of_all_sizes_are_the_products(shop):
    rows = [row("R-S", "", photo="red.jpg"), row("R-M", "", photo="lime.jpg")]
    shop.feed(*rows, head=HEAD)
    assert colours("R-S") == ["red", "green"]
    assert "1 unchanged; 0 photos added" in shop.run()


def test_a_colour_is_the_same_in_other_capitals(shop):
    shop.feed(row("R-S", "Red"), row("R-M", " rED "), head=HEAD)
    assert [sku for sku, _ in sizes("R-S")] == ["R-S", "R-M"]


@pytest.mark.parametrize(
    ("titles", "title"),
    [
        (("Rib top XS", "Rib top S"), "Rib top"),
        (("Rib top - Size XS", "Rib top - Size S"), "Rib top"),
        (("Rib top (XS)", "Rib top (S)"), "Rib top"),
        (("Rib top extra small", "Rib top small"), "Rib top"),
        (("Rib top", "Rib top"), "Rib top"),
        (("Rib top", "Another thing"), "Rib top"),
        (("XS", "S"), "XS"),
    ],
)
def test_a_title_has_no_size(shop, titles, title):
    first, second = titles
    rows = row("R-XS", size="XS", title=first), row("R-S", size="S", title=second)
    shop.feed(*rows, head=HEAD)
    assert product("R-XS").title == title


def test_a_size_may_have_a_price_of_its_own(shop):
    shop.feed(
        *(row("R-S", price="27.50"), row("R-M"), row("R-L")),
        head=HEAD,
    )
    assert product("R-S").price_cents == 2500  # the lowest
    own = dict(Variant.objects.values_list("sku", "price_cents"))
    assert own == {"R-S": 2750, "R-M": None, "R-L": None}


def test_a_size_that_moves_to_another_product_keeps_its_sku(shop):
    shop.feed(row("R-S"), row("R-M"), row("B-S", "Blue"), head=HEAD)
    shop.feed(row("R-S"), row("R-M", "Blue"), row("B-S", "Blue"), head=HEAD)
    assert [sku for sku, _ in sizes("R-S")] == ["R-S"]
    assert [sku for sku, _ in sizes("B-S")] == ["R-M", "B-S"]
    assert Variant.objects.count() == 3


def test_a_size_that_moves_to_a_new_colour_makes_a_product(shop):
    shop.feed(row("R-S"), row("R-M"), head=HEAD)
    shop.feed(row("R-S", "Blue"), row("R-M"), head=HEAD)
    blue = Product.objects.get(colour="Blue")
    assert blue.sku != "R-S" and blue.variants.get().sku == "R-S"
    assert [sku for sku, _ in sizes("R-S")] == ["R-M"]
    assert "2 unchanged" in shop.run()


def test_a_renamed_colour_keeps_the_product(shop):
    shop.feed(row("R-S"), row("R-M"), head=HEAD)
    before = product("R-S").pk
    shop.feed(row("R-S", "Wine"), row("R-M", "Wine"), head=HEAD)
    assert (Product.objects.get().pk, product("R-S").colour) == (before, "Wine")


def test_products_of_single_sizes_become_one(shop):
    alone = [f"R-{s},Rib top {s},25.00,Tops" for s in ("XS", "S", "M")]
    shop.feed(*alone, head=NO_GROUP)
    assert Product.objects.published().count() == 3
    rows = [row(f"R-{s}", size=s, title=f"Rib top {s}") for s in ("XS", "S", "M")]
    shop.feed(*rows, head=HEAD)
    assert [p.sku for p in Product.objects.published()] == ["R-XS"]
    assert [sku for sku, _ in sizes("R-XS")] == ["R-XS", "R-S", "R-M"]
    assert product("R-S").status == "archived"
    assert "1 unchanged" in shop.run()


def test_rows_without_a_group_change_their_sizes_alone(shop):
    shop.feed(row("R-S", size="S"), row("R-M", size="M"), head=HEAD)
    shop.feed("R-M,Top M,19.00,Other", head=NO_GROUP, feed_name="prices")
    assert (product("R-S").title, product("R-S").price_cents) == ("Rib top", 2500)
    assert Variant.objects.get(sku="R-M").price_cents == 1900
    assert Product.objects.count() == 1


def test_a_product_has_the_stock_of_its_sizes(shop):
    rows = row("R-S", availability="out_of_stock"), row("R-M", availability="in_stock")
    shop.feed(*rows, head=HEAD)
    assert product("R-S").in_stock
    shop.feed(*(each.replace("in_stock", "out of stock") for each in rows), head=HEAD)
    assert product("R-S").sold_out


def test_a_wrong_row_costs_its_size_only(shop):
    shop.feed(row("R-S"), row("R-M", price="free"), head=HEAD)
    assert [sku for sku, _ in sizes("R-S")] == ["R-S"]
    shop.feed(row("R-S"), row("R-M"), head=HEAD)
    assert [sku for sku, _ in sizes("R-S")] == ["R-S", "R-M"]


def test_a_product_stays_while_one_size_is_named(shop):
    shop.feed(row("R-S"), row("R-M"), "H,Hat,5,Hats,,,,,", head=HEAD)
    shop.feed(row("R-M"), "H,Hat,5,Hats,,,,,", head=HEAD, archive_missing=True)
    assert product("R-S").status == "published"
    assert product("R-S").stock is None
    gone = Variant.objects.get(sku="R-S")
    assert gone.sold_out
    shop.feed(row("R-S"), row("R-M"), "H,Hat,5,Hats,,,,,", head=HEAD)
    gone.refresh_from_db()
    assert gone.in_stock


def test_a_product_made_by_hand_gets_the_sizes_of_a_feed(shop):
    made = make_product(sku="R-S", title="By hand")
    shop.feed(row("R-S", size="S"), row("R-M", size="M"), head=HEAD)
    assert Product.objects.get().pk == made.pk
    assert sizes("R-S") == [("R-S", "S"), ("R-M", "M")]


def test_attributes_are_stored(shop):
    head = "id,title,price,category,color,material,pattern,gender,age_group,link,ean"
    link = "https://shop.example/p/1"
    shop.feed(
        f"A,Coat,5,Coats,Navy,Wool,striped,Damen,Adults,{link},'4006381333931",
        "B,Hat,5,Hats,,,,dogs,,nowhere,12",
        head=head,
    )
    coat = product("A")
    assert (coat.colour, coat.material, coat.pattern) == ("Navy", "Wool", "striped")
    assert (coat.gender, coat.age_group, coat.link) == ("female", "adult", link)
    assert coat.variants.get().gtin == "4006381333931"
    assert (product("B").gender, product("B").link) == ("", "")
    assert shop.err.getvalue().count("Row 3 (B)") == 3


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        ("60.00 EUR,", 6000),
        ("60.00 EUR,2020-01-01T00:00+0000/2099-01-01T00:00+0000", 6000),
        ("60.00 EUR,2098-01-01T00:00+0000/2099-01-01T00:00+0000", 10000),
        ("60.00 EUR,2020-01-01/2020-01-02", 10000),
        ("60.00,2020-01-01/", 6000),
        (",", 10000),
        ("100.00 EUR,", 10000),
    ],
)
def test_a_sale_price_is_shown_in_its_time(shop, cells, shown):
    head = "id,title,price,product_type,sale_price,sale_price_effective_date"
    shop.feed(f"A,Parka,100.00 EUR,Coats,{cells}", head=head)
    assert product("A").current_price_cents == shown
    assert "1 unchanged" in shop.run()
    shop.feed("A,Parka,100.00 EUR,Coats,,", head=head)
    assert product("A").current_price_cents == 10000


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("60.00 USD,", "not in USD"),
        ("60.00,2026-01-01", "two dates"),
        ("60.00,2026-02-01/2026-01-01", "after the start"),
        ("60.00,2026-13-01/", "a date"),
    ],
)
def test_a_wrong_sale_is_a_problem(shop, cells, expected):
    head = "id,title,price,product_type,sale_price,sale_price_effective_date"
    shop.feed("B,Hat,5,Hats,,", f"A,Parka,100.00 EUR,Coats,{cells}", head=head)
    assert expected in shop.err.getvalue()
    assert not Product.objects.filter(sku="A").exists()


def test_fields_that_a_person_changed_stay(shop):
    shop.feed(row("R-S", size="S"), row("R-M", size="M"), head=HEAD)
    Product.objects.update(title="My top", locked=["title", "price_cents"])
    Variant.objects.filter(sku="R-M").update(size="medium", locked=["size"])
    rows = [row(f"R-{s}", size=s, title="New", price="30") for s in ("S", "M")]
    shop.feed(*(each.replace("Tops", "Shirts") for each in rows), head=HEAD)
    top = product("R-S")
    assert (top.title, top.price_cents, top.category.name) == (
        *("My top", 2500, "Shirts"),
    )
    assert sizes("R-S") == [("R-S", "S"), ("R-M", "medium")]
    Product.objects.update(locked=[])
    FeedProduct.objects.update(digest="")
    shop.run()
    assert product("R-S").title == "New"


def test_the_colour_of_a_feed_goes_before_that_of_photos(shop):
    shop.feed(row("R-S", "Wine", photo="lime.jpg"), head=HEAD)
    assert colours("R-S") == ["burgundy"]
    shop.feed(row("R-S", "Navy", photo="lime.jpg"), head=HEAD)
    assert colours("R-S") == ["navy"]
    shop.feed(row("X", "Dusk", group="", photo="lime.jpg"), head=HEAD)
    assert colours("X") == ["green"]
    product("X").images.update(colours=["pink"], colours_chosen=True)
    shop.feed(row("X", "Red", group="", photo="lime.jpg"), head=HEAD)
    assert colours("X") == ["pink"]


def test_an_item_without_a_status_says_nothing_of_it(shop):
    shop.path = shop.folder / "feed.jsonl"
    texts = '"title": "Coat", "price": "5", "category": "Coats"'
    lines = f'{{"id": "A", {texts}, "status": "draft"}}\n{{"id": "B", {texts}}}\n'
    shop.path.write_text(lines)
    shop.run()
    shop.path.write_text(lines.replace(', "status": "draft"', "", 1) + lines)
    shop.path.write_text(
        f'{{"id": "A", {texts}}}\n{{"id": "B", {texts}, "status": "active"}}\n'
    )
    shop.run()
    assert [product(sku).status for sku in "AB"] == ["archived", "published"]
