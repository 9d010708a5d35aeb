import pytest

from catalog.photos.store import add_photo
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from search.change import photo_export


@pytest.fixture
def work(tmp_path, settings):
    settings.VAR = tmp_path / "var"
    return settings.VAR / "train_encoder"


@pytest.fixture
def small_minimum(monkeypatch):
    monkeypatch.setattr(photo_export, "MIN_PHOTOS", 4)


@pytest.fixture
def shop():
    """Two categories of three products; the first has two photos."""
    dresses, hats = make_category(), make_category("Hats", "hat")
    products = [make_product(photo=True, category=dresses) for _ in range(3)]
    products += [make_product(photo=True, category=hats) for _ in range(3)]
    add_photo(product=products[0], data=make_photo_bytes("orange"))
    return products


@pytest.fixture
def embedded_shop(embed):
    products = [make_product(photo=True) for _ in range(5)]
    embed()
    return products
