import numpy as np
import pytest

from catalog.facet_counts import FacetCandidates, count_facets
from catalog.filters import Filters
from catalog.listing import Listing
from catalog.models import Product, ProductImage
from catalog.tests.factories import make_product
from catalog.tests.results import found
from ml.encoder import Attributes
from ml.serving.attributes import Head
from search.index import attributes as module
from search.index.attributes import name_all_attributes
from search.models import Encoder
from search.tests.garments import photo_of

pytestmark = pytest.mark.django_db


def head(names: tuple[str, ...], number: int, limit: float = 0.5) -> Head:
    """Return a head that tells by one number of the vector whether it is high."""
    weights = np.zeros((129, 2), np.float32)
    weights[number] = (20, -20)
    weights[-1] = (-5, 5)
    return Head(names, weights, np.array([limit, limit]))


@pytest.fixture
def sees(garment_network, monkeypatch) -> Attributes:
    """Let the network tell flat scarves from dresses, and reds, which are "striped"."""
    attributes = Attributes(
        {
            "kind": head(("dress", "sneakers"), 1),
            "pattern": head(("striped", "plain"), 64),
        },
        (),
        np.zeros((0, 128), np.float32),
        np.zeros(128, np.float32),
        0.5,
    )
    monkeypatch.setattr(garment_network, "attributes", attributes, raising=False)
    monkeypatch.setattr(module, "shipped_attributes", lambda encoder: attributes)
    return attributes


def photo(product: Product) -> ProductImage:
    return product.images.get()


def test_what_is_seen_becomes_words_and_facets(sees, embed, client):
    gown = make_product(title="One", photo=photo_of("dress", (200, 20, 20)))
    scarf = make_product(title="Two", photo=photo_of("scarf", (20, 20, 200)))
    embed()
    assert (photo(gown).kind, photo(gown).pattern) == ("dress", "striped")
    assert (photo(scarf).kind, photo(scarf).pattern) == ("sneakers", "plain")
    assert found("trainers") == ["Two"]  # by a synonym
    assert found("stripy") == ["One"]
    listing = Listing(Filters(kinds=("sneakers",)))
    assert [product.pk for product in listing.products] == [scarf.pk]
    facets = count_facets(
        Filters(), lambda _: FacetCandidates([gown.pk, scarf.pk], False)
    )
    assert {each.value: each.count for each in facets.kinds} == {
        "dress": 1,
        "sneakers": 1,
    }
    answer = client.get("/api/v1/products/?seen_pattern=striped&facets=true").json()
    assert [each["title"] for each in answer["results"]] == ["One"]
    assert client.get("/api/v1/products/?kind=kilt").status_code == 400
    assert "Sneakers" in client.get("/filters/").text.title()


def test_what_is_not_sure_is_not_named(sees, embed, monkeypatch):
    sees.heads["kind"].limits[:] = 2
    product = make_product(title="One", photo=photo_of("dress", (200, 20, 20)))
    embed()
    assert photo(product).kind == ""


def test_the_merchant_s_word_comes_first(sees, embed, fake_encoder):
    product = make_product(
        title="One", pattern="houndstooth", photo=photo_of("dress", (200, 20, 20))
    )
    embed()
    assert found("houndstooth") == ["One"]
    assert found("striped") == []
    photo(product)  # by the admin:
    ProductImage.objects.update(kind="kaftan", attributes_chosen=True)
    assert found("kaftan") == ["One"]
    assert name_all_attributes(fake_encoder) == 0
    assert photo(product).kind == "kaftan"


def test_photos_embedded_before_are_named_by_their_vectors(sees, embed, fake_encoder):
    make_product(title="One", photo=photo_of("dress", (200, 20, 20)))
    embed()
    ProductImage.objects.update(kind="", pattern="")
    assert found("striped") == []
    assert name_all_attributes(fake_encoder) == 1
    assert found("striped") == ["One"]
    assert name_all_attributes(fake_encoder) == 0


def test_an_encoder_without_attributes_names_nothing(garment_network, embed):
    product = make_product(photo=photo_of("dress", (200, 20, 20)))
    embed()
    assert photo(product).kind == ""
    assert name_all_attributes(Encoder.objects.get(state="active")) == 0
