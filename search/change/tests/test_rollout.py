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
from search.index.partitions import build_index, index_state
from search.models import Embedding, Encoder
from search.query.kept_search import (
    QueryExpired,
    get_search,
    start_search,
)
from search.query.similar import similar_products
from search.query.start import Start
from search.tests.networks import write_network

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


def test_a_new_encoder_does_not_replace_the_active_one(
    embedded_shop, fake_encoder, tmp_path
):
    encoder = add(tmp_path, "b")
    assert encoder.state == "ready"
    assert active_encoder() == fake_encoder
    assert index_state(encoder.pk) == "valid"
    assert Embedding.objects.filter(encoder=encoder).count() == 5
    assert Embedding.objects.filter(encoder=fake_encoder).count() == 5


def test_a_photo_added_meanwhile_is_embedded_for_every_encoder(
    embedded_shop, fake_encoder, tmp_path
):
    encoder = add(tmp_path, "b")
    image = make_product(photo=True).images.get()
    assert embed_due().embedded == 2
    assert {e.encoder for e in image.embeddings.all()} == {fake_encoder, encoder}


def test_a_new_photo_is_embedded_for_the_active_encoder_first(
    embedded_shop, fake_encoder, tmp_path, monkeypatch
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


def test_searches_use_the_activated_encoder(embedded_shop, fake_encoder, tmp_path):
    before = similar_products(product=embedded_shop[0])
    encoder = add(tmp_path, "b")
    activate("b")
    after = similar_products(product=embedded_shop[0])
    assert {match.encoder for match in before} == {"fake-1"}
    assert {match.encoder for match in after} == {"b"}
    assert len(before) == len(after) == 4
    assert start_search(Start(photo=make_photo_bytes("red"))).encoder == encoder
    fake_encoder.refresh_from_db()
    assert fake_encoder.state == "ready"


def test_the_weights_of_the_shop_go_on_unless_the_new_encoder_has_some(
    embedded_shop, fake_encoder, tmp_path
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


def test_a_kept_query_stays_with_its_encoder(embedded_shop, fake_encoder, tmp_path):
    query = start_search(Start(photo=make_photo_bytes("red")))
    add(tmp_path, "b")
    activate("b")
    kept = get_search(query_id=query.id)
    assert kept.encoder == fake_encoder
    assert kept.all_hits() == query.all_hits()
    retire("fake-1")
    with pytest.raises(QueryExpired):
        get_search(query_id=query.id)


def test_activating_is_refused_while_photos_are_missing(embedded_shop, tmp_path):
    encoder = add(tmp_path, "b")
    make_product(photo=True)
    with pytest.raises(RolloutRefused, match=r"1 photos .*1 pending.*encoder add"):
        activate("b")
    assert active_encoder().version == "fake-1"
    embed_due(encoder=encoder)
    activate("b")


def test_activating_is_refused_when_it_would_lose_a_photo(embedded_shop, tmp_path):
    image = embedded_shop[0].images.get()
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
def test_activating_is_refused_without_a_working_index(embedded_shop, tmp_path, state):
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


def test_activating_is_refused_without_its_files(embedded_shop, tmp_path, monkeypatch):
    add(tmp_path, "b")
    monkeypatch.setattr("search.index.encoders._networks", {})
    (tmp_path / "b" / "encoder.onnx").unlink()
    with pytest.raises(EncoderError, match="does not exist"):
        activate("b")
    assert active_encoder().version == "fake-1"


def test_activating_the_active_one_changes_nothing(embedded_shop, fake_encoder):
    assert activate("fake-1") == fake_encoder
    assert Encoder.objects.get(version="fake-1").replaced is None


def test_an_unknown_version_is_answered_with_the_known_ones(fake_encoder):
    with pytest.raises(RolloutRefused, match=r"no encoder nope. Known: .*fake-1"):
        activate("nope")


def test_rollback_switches_to_the_previous_encoder_and_back(
    embedded_shop, tmp_path, monkeypatch
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


def test_rollback_does_not_wait_for_photos(embedded_shop, tmp_path):
    add(tmp_path, "b")
    activate("b")
    make_product(photo=True)
    assert rollback().version == "fake-1"


def test_rollback_with_nothing_before_is_refused(embedded_shop, tmp_path):
    add(tmp_path, "b")
    with pytest.raises(RolloutRefused, match="no encoder to go back to"):
        rollback()


def test_all_photos_of_a_product_are_embedded(embedded_shop, tmp_path):
    add_photo(product=embedded_shop[0], data=make_photo_bytes("gold"))
    embed_due()
    encoder = add(tmp_path, "b")
    assert status_of(encoder).embedded == 6
