"""Parts of the query vector weighed against each other."""

import numpy as np
import pytest

from catalog.filters import ParameterError
from catalog.tests.factories import make_product
from search.models import Encoder
from search.query.kept_search import get_search, start_search
from search.query.refinement import Refinement
from search.query.similar import similar_products
from search.query.start import Start
from search.query.weights import NO_WEIGHTS, Weights, weigh_query
from search.tests.garments import make_garments, photo_of

ANY_COLOUR = Weights((("colour", 0.0),))
IN_BLUE = Weights(in_colour="blue")
RED_DRESS = photo_of("dress", (210, 20, 20))


@pytest.fixture
def shop(garment_shop, embed):
    """Return red and blue dresses and skirts by SKU, and a pink scarf."""
    more = make_garments("blue-skirt", "pink-scarf")
    embed()
    return garment_shop | more


def search(weights=NO_WEIGHTS, **refinement):
    return start_search(
        Start(photo=RED_DRESS), Refinement(weights=weights, **refinement)
    )


def found(results):
    return [result.product.sku for result in results]


def test_without_weights_the_parts_count_as_the_encoder_weighs_them(shop):
    results = search().results_page()
    assert found(results) == ["red-dress", "red-skirt"]
    assert [result.band for result in results] == ["same item", "similar"]


def test_a_weight_of_0_leaves_a_part_out(shop):
    results = search(ANY_COLOUR).results_page()
    assert set(found(results)) == {"red-dress", "blue-dress"}
    assert [result.band for result in results] == [None, None]
    assert all(result.is_similar for result in results)


def test_a_part_may_count_more_than_usual(shop):
    results = search(Weights((("colour", 5.0),))).results_page()
    assert found(results)[:2] == ["red-dress", "red-skirt"]
    assert "blue-dress" not in found(results)


def test_a_weight_of_1_changes_nothing(shop):
    plain, weighed = search(), search(Weights((("colour", 1.0),)))
    assert weighed.ranking.hits == plain.ranking.hits
    assert weighed.results_page()[0].band == "same item"


def test_a_named_colour_replaces_that_of_the_photo(shop):
    results = search(IN_BLUE).results_page()
    assert found(results)[0] == "blue-dress"
    assert "red-dress" not in found(results)
    assert results[0].why == ("kind", "colour")
    assert results[0].band is None


def test_the_weights_of_a_named_colour_may_be_given_too(shop):
    assert found(search(Weights((("kind", 0.0),), "blue")).results_page()) == [
        "blue-dress",
        "blue-skirt",
    ]


def test_every_shade_of_a_named_colour_is_similar(shop, embed):
    make_product(sku="yellow-dress", photo=photo_of("dress", (210, 190, 20)))
    embed()
    results = search(Weights(in_colour="warm")).results_page()
    assert set(found(results)) >= {"red-dress", "yellow-dress"}
    assert "blue-dress" not in found(results)


@pytest.mark.parametrize("weights", [ANY_COLOUR, IN_BLUE])
def test_an_encoder_without_bands_has_no_limit(shop, garment_network, weights):
    garment_network.bands = []
    assert len(search(weights).results_page()) == 5


def test_a_vector_is_weighed_by_its_share_and_keeps_unit_length(
    fake_encoder, garment_network
):
    vector = garment_network.encode([_picture()])[0]
    weighed, comparison = weigh_query(vector, Weights((("kind", 2.0),)), fake_encoder)
    kind, colour = 2 * np.sqrt(0.6), np.sqrt(0.4)
    length = np.hypot(kind, colour)
    assert np.linalg.norm(weighed[:64]) == pytest.approx(kind / length)
    assert np.linalg.norm(weighed) == pytest.approx(1)
    # The photo itself is as near as a photo can be; the limit starts there.
    nearest = 1 - float(weighed @ vector)
    assert comparison.limit == pytest.approx(nearest + 0.15 * (1 - nearest))


def _picture():
    from io import BytesIO

    from PIL import Image

    return Image.open(BytesIO(RED_DRESS))


def test_likes_and_dislikes_are_weighed_too(shop):
    liked = search(ANY_COLOUR, like=("blue-skirt",), dislike=("blue-dress",))
    assert set(found(liked.results_page())[:2]) == {"red-skirt", "blue-skirt"}


def test_words_and_weights_together(shop):
    kept = search(ANY_COLOUR, words="dress")
    assert found(kept.results_page()) == ["red-dress", "blue-dress"]
    worded = search(ANY_COLOUR, words="scarf").results_page()
    scarf = next(each for each in worded if each.product.sku == "pink-scarf")
    assert (scarf.band, scarf.is_similar) == (None, False)


def test_a_kept_search_can_be_weighed_and_unweighed(shop):
    kept = search()
    weighed = get_search(query_id=kept.id, refinement=Refinement(weights=ANY_COLOUR))
    assert set(found(weighed.results_page())) == {"red-dress", "blue-dress"}
    again = get_search(query_id=kept.id)
    assert found(again.results_page()) == ["red-dress", "red-skirt"]


def test_similar_products_are_weighed(shop):
    plain = similar_products(product=shop["red-dress"], limit=2)
    assert found(plain) == ["red-skirt", "blue-dress"]
    weighed = similar_products(product=shop["red-dress"], limit=2, weights=ANY_COLOUR)
    assert found(weighed)[0] == "blue-dress"
    assert weighed[0].why == ("kind",)


def test_the_weights_of_the_shop_hold_where_none_are_given(shop):
    Encoder.objects.filter(state="active").update(weights={"colour": 0, "gone": 3})
    assert set(found(search().results_page())) == {"red-dress", "blue-dress"}
    assert found(similar_products(product=shop["red-dress"], limit=1)) == ["blue-dress"]
    explicit = search(Weights((("colour", 1.0),)))
    assert found(explicit.results_page()) == ["red-dress", "red-skirt"]
    assert found(search(IN_BLUE).results_page())[0] == "blue-dress"


def test_results_say_which_parts_agree(shop):
    results = search(words="dress").results_page()
    assert {result.product.sku: result.why for result in results} == {
        "red-dress": ("kind", "colour"),
        "red-skirt": ("colour",),
        "blue-dress": ("kind",),
    }


def test_explaining_takes_no_further_query(shop, django_assert_num_queries):
    kept = search()
    with django_assert_num_queries(1):
        assert kept.results_page()[0].why


def test_words_alone_explain_nothing_and_cannot_be_weighed(shop):
    kept = start_search(refinement=Refinement(words="dress"))
    assert [result.why for result in kept.results_page()] == [(), ()]
    assert not kept.close_enough
    with pytest.raises(ParameterError, match="no picture"):
        start_search(refinement=Refinement(words="dress", weights=ANY_COLOUR))


def test_nothing_close_enough_is_told(shop):
    assert search().close_enough
    scarf = Start(photo=photo_of("scarf", (20, 220, 20)))
    assert not start_search(scarf, Refinement(words="dress")).close_enough
    assert not start_search(scarf).close_enough


@pytest.mark.parametrize(
    ("weights", "in_colour", "parameter", "code"),
    [
        (["cut:1"], "", "weights", "unknown_part"),
        (["colour:-1"], "", "weights", "invalid_weight"),
        (["colour:nan"], "", "weights", "invalid_weight"),
        (["colour:inf"], "", "weights", "invalid_weight"),
        (["colour:10.1"], "", "weights", "invalid_weight"),
        (["colour:1e300"], "", "weights", "invalid_weight"),
        (["colour"], "", "weights", "invalid_weight"),
        (["colour:"], "", "weights", "invalid_weight"),
        ([":1"], "", "weights", "invalid_weight"),
        (["colour:1", "colour:2"], "", "weights", "multiple_values"),
        (["colour:0", "kind:0"], "", "weights", "invalid_weight"),
        ([], "mauve", "in_colour", "unknown_colour"),
        (["colour:0"], "red", "in_colour", "conflict"),
    ],
)
def test_wrong_weights_are_refused(shop, weights, in_colour, parameter, code):
    values = {"weights": weights, "in_colour": in_colour}
    for ask in (
        lambda given: search(given),
        lambda given: similar_products(product=shop["red-dress"], weights=given),
    ):
        with pytest.raises(ParameterError) as error:
            ask(Weights.from_parameters(values))
        assert (error.value.name, error.value.code) == (parameter, code)


@pytest.mark.parametrize("weights", [ANY_COLOUR, IN_BLUE])
def test_an_encoder_without_parts_says_so(embed, weights):
    product = make_product(sku="red", photo=True)
    embed()
    for ask in (
        lambda: search(weights),
        lambda: similar_products(product=product, weights=weights),
    ):
        with pytest.raises(ParameterError, match="encoder has no"):
            ask()


def test_the_default_weights_of_another_encoder_are_left_out(shop, garment_network):
    Encoder.objects.filter(state="active").update(weights={"colour": 0})
    garment_network.parts = garment_network.part_bands = garment_network.colours = {}
    results = search().results_page()
    assert found(results) == ["red-dress", "red-skirt"]
    assert (results[0].band, results[0].why) == ("same item", ())
