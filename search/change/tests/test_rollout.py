import pytest
from django.db import connection

from catalog.photos.store import add_photo
from catalog.tests.factories import make_photo_bytes, make_product
from ml.encoder import EncoderError
from search.change.rollout import (
    RolloutRefused,
    activate,
    finish_loading,
    retire,
    rollback,
    status_of,
)
from search.index.embed import embed_due
from search.index.encoders import active_encoder, open_network, register
from search.index.partitions import build_index, index_state, partition_exists
from search.models import Embedding, EmbeddingFailure, Encoder
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


def settle() -> None:
    """Run deferred checks now: Postgres drops no table that waits for them."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def add(tmp_path, version: str, seed: int = 2) -> Encoder:
    encoder = register(
        open_network(write_network(tmp_path / version, version, seed=seed))
    )
    embed_due(encoder=encoder)
    settle()
    finish_loading(encoder)
    encoder.refresh_from_db()
    return encoder


@pytest.fixture
def shop(embed):
    products = [make_product(photo=True) for _ in range(5)]
    embed()
    return products


def test_a_new_encoder_does_not_replace_the_active_one(shop, fake_encoder, tmp_path):
    encoder = add(tmp_path, "b")
    assert encoder.state == "ready"
    assert active_encoder() == fake_encoder
    assert index_state(encoder.pk) == "valid"
    assert Embedding.objects.filter(encoder=encoder).count() == 5
    assert Embedding.objects.filter(encoder=fake_encoder).count() == 5


def test_a_photo_added_meanwhile_is_embedded_for_every_encoder(
    shop, fake_encoder, tmp_path
):
    encoder = add(tmp_path, "b")
    image = make_product(photo=True).images.get()
    assert embed_due().embedded == 2
    assert {e.encoder for e in image.embeddings.all()} == {fake_encoder, encoder}


def test_a_new_photo_is_embedded_for_the_active_encoder_first(
    shop, fake_encoder, tmp_path, monkeypatch
):
    from search.index import embed

    register(open_network(write_network(tmp_path, "b")))
    monkeypatch.setattr(embed, "CHUNK", 1)
    monkeypatch.setattr(embed, "INACTIVE_WINDOW", 1)
    order: list[str] = []

    def embed_chunk(ids, encoder, network, plain=embed._embed_chunk):
        if len(order) == 1:
            make_product(photo=True)
        outcome = plain(ids, encoder, network)
        order.extend([encoder.version] * outcome.claimed)
        return outcome

    monkeypatch.setattr(embed, "_embed_chunk", embed_chunk)
    embed_due()
    assert order == ["b", "b", "fake-1", "b", "b", "b", "b"]


def test_a_broken_inactive_encoder_does_not_stop_embedding(fake_encoder, tmp_path):
    register(open_network(write_network(tmp_path, "broken")))
    (tmp_path / "encoder.onnx").unlink()
    make_product(photo=True)
    assert embed_due().embedded == 1
    assert Embedding.objects.get().encoder == fake_encoder


def test_searches_use_the_activated_encoder(shop, fake_encoder, tmp_path):
    before = similar_products(product=shop[0])
    encoder = add(tmp_path, "b")
    activate("b")
    after = similar_products(product=shop[0])
    assert {match.encoder for match in before} == {"fake-1"}
    assert {match.encoder for match in after} == {"b"}
    assert len(before) == len(after) == 4
    assert start_search(Start(photo=make_photo_bytes("red"))).encoder == encoder
    fake_encoder.refresh_from_db()
    assert fake_encoder.state == "ready"


def test_the_weights_of_the_shop_go_on_unless_the_new_encoder_has_some(
    shop, fake_encoder, tmp_path
):
    Encoder.objects.filter(pk=fake_encoder.pk).update(weights={"colour": 2})
    encoder = add(tmp_path, "b")
    activate("b")
    encoder.refresh_from_db()
    assert encoder.weights == {"colour": 2}
    other = add(tmp_path / "c", "c")
    Encoder.objects.filter(pk=other.pk).update(weights={"kind": 3})
    activate("c")
    other.refresh_from_db()
    assert other.weights == {"kind": 3}


def test_a_kept_query_stays_with_its_encoder(shop, fake_encoder, tmp_path):
    query = start_search(Start(photo=make_photo_bytes("red")))
    add(tmp_path, "b")
    activate("b")
    kept = get_search(query_id=query.id)
    assert kept.encoder == fake_encoder
    assert kept.all_hits() == query.all_hits()
    retire("fake-1")
    with pytest.raises(QueryExpired):
        get_search(query_id=query.id)


@pytest.mark.parametrize(
    "address",
    [
        "/search/{}/filters/?in_stock=true&price=0-9999",
        "/api/v1/search/{}/?in_stock=true&price_min=0&price_max=9999&facets=true",
    ],
)
def test_a_query_expires_while_its_facets_are_counted(
    client, shop, tmp_path, monkeypatch, address
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
    client, shop, tmp_path, monkeypatch
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


def test_activating_is_refused_while_photos_are_missing(shop, tmp_path):
    encoder = add(tmp_path, "b")
    make_product(photo=True)
    with pytest.raises(RolloutRefused, match=r"1 photos .*1 pending.*encoder add"):
        activate("b")
    assert active_encoder().version == "fake-1"
    embed_due(encoder=encoder)
    activate("b")


def test_activating_is_refused_when_it_would_lose_a_photo(shop, tmp_path):
    image = shop[0].images.get()
    with image.file.storage.open(image.file.name, "rb+") as file:
        file.truncate(200)
    add(tmp_path, "b")
    with pytest.raises(RolloutRefused, match=r"1 photos .*1 failed"):
        activate("b")


def test_a_photo_unreadable_for_both_does_not_prevent_activation(embed, tmp_path):
    make_product(photo=True)
    image = make_product(photo=True).images.get()
    image.file.storage.delete(image.file.name)
    embed()
    encoder = add(tmp_path, "b")
    assert (status_of(encoder).failed, status_of(encoder).missing) == (1, 0)
    activate("b")


@pytest.mark.parametrize("state", ["missing", "invalid"])
def test_activating_is_refused_without_a_working_index(shop, tmp_path, state):
    encoder = add(tmp_path, "b")
    index = f"search_embedding_e{encoder.pk}_hnsw"
    with connection.cursor() as cursor:
        if state == "missing":
            cursor.execute(f"DROP INDEX {index}")
        else:  # what a build that was killed leaves behind
            cursor.execute(
                "UPDATE pg_index SET indisvalid = false"
                " WHERE indexrelid = %s::regclass",
                [index],
            )
    with pytest.raises(RolloutRefused, match=f"HNSW index is {state}"):
        activate("b")
    build_index(encoder.pk)
    assert activate("b") == encoder


def test_activating_is_refused_without_its_files(shop, tmp_path, monkeypatch):
    add(tmp_path, "b")
    monkeypatch.setattr("search.index.encoders._networks", {})
    (tmp_path / "b" / "encoder.onnx").unlink()
    with pytest.raises(EncoderError, match="does not exist"):
        activate("b")
    assert active_encoder().version == "fake-1"


def test_activating_the_active_one_changes_nothing(shop, fake_encoder):
    assert activate("fake-1") == fake_encoder
    assert Encoder.objects.get(version="fake-1").replaced is None


def test_an_unknown_version_is_answered_with_the_known_ones(fake_encoder):
    with pytest.raises(RolloutRefused, match=r"no encoder nope. Known: .*fake-1"):
        activate("nope")


def test_rollback_switches_to_the_previous_encoder_and_back(
    shop, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        "search.index.encoders.MAX_NETWORKS", 3
    )  # the fake could not be reloaded
    add(tmp_path, "b")
    add(tmp_path, "c", seed=3)
    activate("b")
    activate("c")
    assert rollback().version == "b"
    assert rollback().version == "c"
    assert active_encoder().version == "c"
    retire("b")
    assert rollback().version == "fake-1"


def test_rollback_does_not_wait_for_photos(shop, tmp_path):
    add(tmp_path, "b")
    activate("b")
    make_product(photo=True)
    assert rollback().version == "fake-1"


def test_rollback_with_nothing_before_is_refused(shop, tmp_path):
    add(tmp_path, "b")
    with pytest.raises(RolloutRefused, match="no encoder to go back to"):
        rollback()


def test_the_active_encoder_cannot_be_retired(shop, fake_encoder):
    with pytest.raises(RolloutRefused, match="is active"):
        retire("fake-1")
    assert partition_exists(fake_encoder.pk)


def test_retiring_drops_the_partition_and_can_be_repeated(shop, tmp_path):
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


def test_a_retired_encoder_can_be_added_again(shop, tmp_path):
    add(tmp_path, "b")
    retire("b")
    assert add(tmp_path, "b").state == "ready"
    assert activate("b").version == "b"


def test_kept_searches_and_tasks_do_not_use_an_encoder_added_again(shop, tmp_path):
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


def test_a_late_task_of_a_retired_encoder_ends_quietly(shop, tmp_path, monkeypatch):
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
    shop, fake_encoder, tmp_path, monkeypatch
):
    add(tmp_path, "b")
    activate("b")
    looks = iter([fake_encoder])  # read just before the change

    def stale():
        return next(looks, None) or active_encoder()

    retire("fake-1")
    monkeypatch.setattr("search.query.kept_search.active_encoder", stale)
    assert len(similar_products(product=shop[0])) == 4
    looks = iter([fake_encoder])
    query = start_search(Start(photo=make_photo_bytes("red")))
    assert (query.encoder.version, query.count) == ("b", 5)


def test_all_photos_of_a_product_are_embedded(shop, tmp_path):
    add_photo(product=shop[0], data=make_photo_bytes("gold"))
    embed_due()
    encoder = add(tmp_path, "b")
    assert status_of(encoder).embedded == 6
