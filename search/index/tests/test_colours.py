from io import BytesIO

import numpy as np
import pytest
from django.db import connection
from PIL import Image

from catalog.models import ProductImage
from catalog.photos.colours import COLOUR_NAMES
from catalog.photos.store import add_photo
from catalog.tests.factories import make_product
from ml.encoder import Part, Seen
from search.index.colours import garment_colours
from search.tests.fake_network import FakeNetwork


class ColourNetwork(FakeNetwork):
    """The first three numbers of a vector are how red, white and turquoise it is."""

    parts = {"colour": Part(0, 3, 1.0)}
    colours = {
        "red": np.array([[1, 0, 0]], np.float32),
        "white": np.array([[0, 1, 0]], np.float32),
        "turquoise": np.array([[0, 0, 1]], np.float32),
    }


def _seen(vectors: np.ndarray, found: bool = True, covered: int = 128) -> Seen:
    count = len(vectors)
    masks = np.full((count, 1, 1), covered, np.uint8)
    pixels = np.zeros((count, 4, 4, 3), np.uint8)
    return Seen(vectors, pixels, masks, np.full(count, found))


def colours(vector: list[float], whole: list[str], **options: int) -> list[str]:
    numbers = np.array([vector], np.float32)
    seen = _seen(numbers / np.linalg.norm(numbers), **options)
    return garment_colours(ColourNetwork(), seen, [whole])[0]


def test_the_main_colour_is_the_garments():
    assert colours([0, 1, 0], ["burgundy"]) == ["white"]


def test_other_colours_stay_if_the_garment_has_them():
    assert colours([1, 0.95, 0], ["white", "red"]) == ["red", "white"]
    assert colours([1, 0.2, 0], ["white", "red"]) == ["red"]


def test_colours_have_the_catalogues_names():
    assert colours([0, 0, 1], []) == ["light blue"]
    assert set(colours([0, 0, 1], [])) <= set(COLOUR_NAMES)


@pytest.mark.parametrize("options", [{"found": False}, {"covered": 255}])
def test_without_a_garment_apart_the_colours_of_the_photo_stay(options):
    assert colours([0, 1, 0], ["burgundy", "red"], **options) == ["burgundy", "red"]


def test_an_encoder_without_named_colours_leaves_those_of_the_photo():
    vectors = np.ones((1, 128), np.float32)
    seen = _seen(vectors)
    assert garment_colours(FakeNetwork(), seen, [["red", "navy"]]) == [["red", "navy"]]


WINE = (110, 30, 48)


def put_white_in_a_corner(product) -> ProductImage:
    """Add a photo of a white square that covers a sixteenth of a red ground."""
    picture = Image.new("RGB", (200, 200), WINE)
    picture.paste("white", (0, 0, 50, 50))
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return add_photo(product=product, data=buffer.getvalue())


@pytest.fixture
def white_garment(garment_network) -> ProductImage:
    """Store a photo in which the encoder sees white and the pixels say burgundy."""
    white = np.zeros((1, 64), np.float32)
    white[0, 0] = 1
    garment_network.colours = {"white": white}
    image = put_white_in_a_corner(make_product(title="Shoes"))
    assert image.colours == ["burgundy"]
    return image


@pytest.mark.django_db
def test_embedding_a_photo_names_its_garments_colours(white_garment, embed):
    embed()
    white_garment.refresh_from_db()
    assert white_garment.colours == ["white"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT document::text FROM catalog_productwords")
        (document,) = cursor.fetchone()
    assert "white" in document and "burgundy" not in document


@pytest.mark.django_db
def test_colours_that_a_person_chose_stay(white_garment, embed):
    ProductImage.objects.update(colours=["pink"], colours_chosen=True)
    embed()
    white_garment.refresh_from_db()
    assert white_garment.colours == ["pink"]
