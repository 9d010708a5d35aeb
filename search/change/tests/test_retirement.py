import pytest

from catalog.tests.factories import make_photo_bytes, make_product
from search.change.rollout import (
    RolloutRefused,
    activate,
    retire,
    rollback,
)
from search.change.tests.test_rollout import add, settle
from search.index.embed import embed_due
from search.index.encoders import active_encoder, open_network, register
from search.index.partitions import partition_exists
from search.models import Embedding, EmbeddingFailure
from search.query.facets import count_search_facets
from search.query.kept_search import (
    QueryExpired,
    get_search,
    start_search,
)
from search.query.similar import similar_products
from search.query.start import Start
from search.tests.networks import write_network
from search.tests.shop import upload

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/search/{}/filters/?in_stock=true&price=0-9999",
        "/api/v1/search/{}/?in_stock=true&price_min=0&price_max=9999&facets=true",
    ],
)
def test_a_query_expires_while_its_facets_are_counted(
    client, embedded_shop, tmp_path, monkeypatch, address
):
    query = start_search(Start(photo=make_photo_bytes("red")))
    add(tmp_path, "b")
    activate("b")

    def count_late(*args):
        retire("fake-1")
        return count_search_facets(*args)

    monkeypatch.setattr("search.query.kept_search.count_search_facets", count_late)
    assert client.get(address.format(query.id)).status_code == 410


def test_a_search_by_htmx_expires_before_its_results_are_shown(
    client, embedded_shop, tmp_path, monkeypatch
):
    add(tmp_path, "b")

    def retire_first(search):
        activate("b")
        retire("fake-1")
        return get_search(query_id=search.id).all_hits()

    monkeypatch.setattr("search.query.kept_search.KeptSearch.all_hits", retire_first)
    form = {"photo": upload(make_photo_bytes("red")), "price": "0-9999"}
    response = client.post("/search/", form, headers={"HX-Request": "true"})
    assert response.status_code == 410
    assert "price=0-9999" in response.headers["HX-Push-Url"]
    assert "data-expired" in response.text


def test_the_active_encoder_cannot_be_retired(embedded_shop, fake_encoder):
    with pytest.raises(RolloutRefused, match="is active"):
        retire("fake-1")
    assert partition_exists(fake_encoder.pk)


def test_retiring_drops_the_partition_and_can_be_repeated(embedded_shop, tmp_path):
    encoder = add(tmp_path, "b")
    image = make_product(photo=True).images.get()
    EmbeddingFailure.objects.create(
        image=image, encoder=encoder, reason="-", last_try=image.created
    )
    settle()
    for _ in range(2):
        retire("b")
        assert not partition_exists(encoder.pk)
    assert not EmbeddingFailure.objects.exists()
    assert Embedding.objects.count() == 5
    with pytest.raises(RolloutRefused, match="was retired"):
        activate("b")


def test_a_retired_encoder_can_be_added_again(embedded_shop, tmp_path):
    add(tmp_path, "b")
    retire("b")
    assert add(tmp_path, "b").state == "ready"
    assert activate("b").version == "b"


def test_kept_searches_and_tasks_do_not_use_an_encoder_added_again(
    embedded_shop, tmp_path
):
    old = add(tmp_path, "b")
    activate("b")
    query = start_search(Start(photo=make_photo_bytes("red")))
    rollback()
    retire("b")
    settle()
    new = register(open_network(write_network(tmp_path / "other", "b", seed=9)))
    assert new.state == "loading"
    with pytest.raises(QueryExpired):
        get_search(query_id=query.id)
    assert embed_due(encoder=old).embedded == 0
    assert not Embedding.objects.filter(encoder=new).exists()


def test_a_late_task_of_a_retired_encoder_ends_quietly(
    embedded_shop, tmp_path, monkeypatch
):
    from search.index import embed

    encoder = register(open_network(write_network(tmp_path, "b")))
    plain = embed._embed_chunk

    def embed_late(ids, encoder, network):
        """Retire the encoder between reading and writing of the task."""
        settle()
        retire("b")
        return plain(ids, encoder, network)

    monkeypatch.setattr(embed, "_embed_chunk", embed_late)
    assert embed_due(encoder=encoder).embedded == 0
    assert Embedding.objects.count() == 5


def test_a_search_is_retried_if_its_encoder_is_retired_meanwhile(
    embedded_shop, fake_encoder, tmp_path, monkeypatch
):
    add(tmp_path, "b")
    activate("b")
    looks = iter([fake_encoder])  # read just before the change

    def stale():
        return next(looks, None) or active_encoder()

    retire("fake-1")
    monkeypatch.setattr("search.query.kept_search.active_encoder", stale)
    assert len(similar_products(product=embedded_shop[0])) == 4
    looks = iter([fake_encoder])
    query = start_search(Start(photo=make_photo_bytes("red")))
    assert (query.encoder.version, query.count) == ("b", 5)
