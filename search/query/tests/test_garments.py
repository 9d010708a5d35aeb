"""Searches with one garment of several, and with a photo that shows none."""

import numpy as np
import pytest
from PIL import Image

from catalog.filters import ParameterError
from catalog.tests.factories import make_product
from ml.encoder import Finding, Garment
from ml.tests.files import as_bytes
from search.query.box import Box
from search.query.kept_search import get_search, start_search
from search.query.refinement import Refinement
from search.query.start import NoGarment, Start
from search.tests.garments import photo_of

# A red dress on the left and a smaller blue one on the right of a white photo.
DRESSES = (Garment((0.1, 0, 0.5, 0.8), 0.3), Garment((0.6, 0, 0.9, 0.6), 0.18))


@pytest.fixture
def shop(garment_network, embed):
    for name, colour in (("red", (200, 20, 20)), ("blue", (20, 20, 200))):
        make_product(sku=name, title=name, photo=photo_of("dress", colour))
    embed()
    return garment_network


@pytest.fixture
def two_dresses(shop):
    """Return a photo in which the encoder finds two dresses."""
    shop.finding = Finding(DRESSES, 0.9)
    picture = Image.new("RGB", (200, 200), "white")
    picture.paste((205, 20, 20), (20, 0, 100, 160))
    picture.paste((20, 20, 205), (120, 0, 180, 120))
    return as_bytes(picture)


def best(search):
    return search.results_page()[0].product.sku


def test_a_search_begins_with_the_largest_garment(two_dresses):
    search = start_search(Start(photo=two_dresses))
    assert best(search) == "red"
    assert search.origin.garments == DRESSES


def test_a_kept_search_goes_on_with_another_garment(two_dresses):
    search = start_search(Start(photo=two_dresses))
    second = get_search(query_id=search.id, refinement=Refinement(garment=2))
    assert best(second) == "blue"
    assert second.origin.garments == DRESSES
    assert best(get_search(query_id=search.id)) == "red"
    assert ("garment", "2") in second.refinement.parameters


@pytest.mark.parametrize("garment", [3, 10**9])
def test_a_garment_that_was_not_found_is_refused(two_dresses, garment):
    search = start_search(Start(photo=two_dresses))
    with pytest.raises(ParameterError) as error:
        get_search(query_id=search.id, refinement=Refinement(garment=garment))
    assert error.value.code == "unknown_garment"


def test_words_alone_have_one_garment_at_most(shop):
    search = start_search(refinement=Refinement(words="red"))
    assert search.origin.garments == ()
    with pytest.raises(ParameterError):
        get_search(query_id=search.id, refinement=Refinement(words="red", garment=2))


def test_garments_in_a_box_lie_in_the_whole_picture(two_dresses, shop):
    shop.finding = Finding((Garment((0, 0, 0.5, 1), 0.5),), 0.9)
    start = Start(photo=two_dresses, box=Box(0.5, 0.2, 1, 0.6))
    [garment] = start_search(start).origin.garments
    assert garment.box == pytest.approx((0.5, 0.2, 0.75, 0.6))
    assert garment.share == pytest.approx(0.1)


def test_several_pictures_are_searched_by_the_largest_garment_of_each(two_dresses):
    search = start_search(Start(photo=two_dresses, product="blue"))
    assert search.origin.garments == ()
    assert search.query.vector.shape == (128,)
    assert np.linalg.norm(search.query.vector) == pytest.approx(1, abs=1e-5)


def test_a_photo_without_a_garment_is_refused(shop):
    shop.finding = Finding((), 0.1)
    with pytest.raises(NoGarment) as error:
        start_search(Start(photo=photo_of("dress", "white")))
    assert error.value.code == "no_garment"
    assert "another part" in str(error.value)


def test_a_box_without_a_garment_is_refused(shop):
    shop.finding = Finding((), 0.1)
    with pytest.raises(NoGarment):
        start_search(Start(product="red", box=Box(0, 0, 0.5, 0.5)))


def test_a_products_photo_is_searched_with_whatever_it_shows(shop):
    shop.finding = Finding((), 0.1)
    make_product(sku="new", photo=photo_of("dress", (200, 25, 20)))
    assert best(start_search(Start(product="new"))) == "red"
